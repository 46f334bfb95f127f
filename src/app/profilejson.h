// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/profile.h"

#include <QByteArray>
#include <QList>

namespace lockkeeper::app {

/// What a file of profiles holds. A profile that cannot be read does not take the others with it.
struct ProfileList
{
    QList<Profile> profiles; ///< in the file's order
    QList<Error> faults;     ///< of those that could not be read; they stay in the file

    [[nodiscard]] const Profile *find(const QString &name) const;
};

/// What holds at an address that was given by hand; where the file, or one of its profiles, cannot
/// be read, nothing may be changed there: it might be that one.
[[nodiscard]] Guardrails guardrailsFor(const Target &target, const Result<ProfileList> &saved);

/// Reads the file's text; `where` names it in errors. Corrupt for what is no JSON, or of a version
/// that is not known.
[[nodiscard]] Result<ProfileList> readProfiles(const QByteArray &json, const QString &where);

/// A file of these profiles alone: for export, which so holds no secrets.
[[nodiscard]] QByteArray writeProfiles(const QList<Profile> &profiles);

/// The file's text with the profile in the place of the one of that name, or at its end; what else
/// the file holds stays, in its order. An empty text is an empty file.
[[nodiscard]] Result<QByteArray> withProfile(const QByteArray &json, const Profile &profile,
                                             const QString &where);
/// The same without the profile. NotFound when there is none of that name.
[[nodiscard]] Result<QByteArray> withoutProfile(const QByteArray &json, const QString &name,
                                                const QString &where);

} // namespace lockkeeper::app
