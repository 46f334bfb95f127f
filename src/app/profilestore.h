// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/profilejson.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <functional>

namespace lockkeeper::app {

/// What an import did.
struct ImportedProfiles
{
    int added = 0;
    QStringList known;   ///< that were there already, and were left as they are
    QList<Error> faults; ///< of those that could not be read
};

/// The saved connections: `$XDG_CONFIG_HOME/lockkeeper/profiles.json`, mode 0600, that people may
/// edit; docs/profiles.md describes it. It is read anew each time, and replaced as a whole under a
/// file lock, so that several programs and an editor get along. Small and local: its calls block.
class ProfileStore
{
public:
    explicit ProfileStore(QString file = defaultFile());

    [[nodiscard]] static QString defaultFile();
    [[nodiscard]] const QString &file() const { return m_file; }

    /// A file that is missing holds none.
    [[nodiscard]] Result<ProfileList> load() const;
    /// NotFound, naming those that there are; or why this one cannot be read.
    [[nodiscard]] Result<Profile> find(const QString &name) const;
    /// Adds it, or replaces the one of that name. InvalidInput for what check() refuses.
    [[nodiscard]] Result<void> save(const Profile &profile) const;
    [[nodiscard]] Result<void> remove(const QString &name) const;
    /// The profiles of a file that writeProfiles() made, without fields that are not known.
    [[nodiscard]] Result<ImportedProfiles> import(const QString &file, bool replaces) const;

private:
    using Change = std::function<Result<QByteArray>(const QByteArray &)>;

    [[nodiscard]] Result<QByteArray> read() const;
    [[nodiscard]] Result<void> change(const Change &change) const;

    QString m_file;
};

} // namespace lockkeeper::app
