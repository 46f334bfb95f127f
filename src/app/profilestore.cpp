// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/profilestore.h"

#include "app/durablefile.h"
#include "app/paths.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <unistd.h>

namespace lockkeeper::app {

namespace {

Result<QByteArray> readWhole(const QString &name)
{
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::Io, u"cannot read " + name + u": " + file.errorString(),
                     QStringLiteral("check the file's owner and rights")};
    return file.readAll();
}

} // namespace

ProfileStore::ProfileStore(QString file)
    : m_file(std::move(file))
{}

QString ProfileStore::defaultFile()
{
    return configFolder() + u"/profiles.json";
}

Result<ProfileList> ProfileStore::load() const
{
    const Result<QByteArray> json = read();
    if (!json)
        return json.error();
    return readProfiles(*json, m_file);
}

Result<Profile> ProfileStore::find(const QString &name) const
{
    const Result<ProfileList> list = load();
    if (!list)
        return list.error();
    if (const Profile *profile = list->find(name))
        return *profile;
    const QString marked = u'"' + name + u'"';
    for (const Error &fault : list->faults) {
        if (fault.what.contains(marked))
            return fault;
    }
    QStringList names;
    for (const Profile &profile : list->profiles)
        names.append(profile.name);
    return Error{ErrorCode::NotFound, u"there is no profile " + marked,
                 names.isEmpty() ? QString(u"there are none yet in " + m_file +
                                           u"; lockkeeper-cli profile add makes one")
                                 : QString(u"there are " + names.join(u", "))};
}

Result<void> ProfileStore::save(const Profile &profile) const
{
    if (const Result<void> valid = check(profile); !valid)
        return valid;
    return change([&](const QByteArray &json) { return withProfile(json, profile, m_file); });
}

Result<void> ProfileStore::remove(const QString &name) const
{
    return change([&](const QByteArray &json) { return withoutProfile(json, name, m_file); });
}

Result<ImportedProfiles> ProfileStore::import(const QString &file, bool replaces) const
{
    const Result<QByteArray> json = readWhole(file);
    if (!json)
        return json.error();
    const Result<ProfileList> given = readProfiles(*json, file);
    const Result<ProfileList> known = load();
    if (!given || !known)
        return given ? known.error() : given.error();
    ImportedProfiles imported;
    imported.faults = given->faults;
    for (Profile profile : given->profiles) {
        if (known->find(profile.name) && !replaces) {
            imported.known.append(profile.name);
            continue;
        }
        profile.unknownJson.clear();
        if (const Result<void> saved = save(profile); !saved)
            return saved.error();
        ++imported.added;
    }
    return imported;
}

Result<QByteArray> ProfileStore::read() const
{
    return QFileInfo::exists(m_file) ? readWhole(m_file) : Result(QByteArray());
}

Result<void> ProfileStore::change(const Change &change) const
{
    const Result<void> made = ensureFolder(QFileInfo(m_file).path());
    if (!made)
        return made;
    const Result<Descriptor> lock = openLocked(m_file + u".lock");
    if (!lock)
        return lock.error();
    const Result<QByteArray> before = read();
    if (!before)
        return before.error();
    const Result<QByteArray> after = change(*before);
    if (!after)
        return after.error();
    // A new file in its place: whoever reads meanwhile finds the old or the new one, whole.
    QSaveFile file(m_file);
    const bool isWritten = file.open(QIODevice::WriteOnly) &&
                           file.setPermissions(QFile::ReadOwner | QFile::WriteOwner) &&
                           file.write(*after) == after->size() && file.flush() &&
                           ::fsync(file.handle()) == 0 && file.commit();
    if (!isWritten)
        return Error{ErrorCode::Io, u"cannot write " + m_file + u": " + file.errorString(),
                     QStringLiteral("check the disk and the folder's rights; the file is as it "
                                    "was")};
    return {};
}

} // namespace lockkeeper::app
