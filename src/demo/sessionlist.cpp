// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/sessionlist.h"

#include <QFile>
#include <QSaveFile>

namespace lockkeeper::demo {

Result<void> writeSessionList(const QString &path, const QList<KnownSession> &sessions)
{
    QByteArray text;
    for (const KnownSession &session : sessions)
        text += session.id.bytes() + ' ' + session.user.bytes() + '\n';
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit())
        return Error{ErrorCode::Io,
                     path + QStringLiteral(" could not be written: ") + file.errorString(),
                     {}};
    return {};
}

Result<QList<KnownSession>> readSessionList(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error{
            ErrorCode::Io, path + QStringLiteral(" could not be read: ") + file.errorString(), {}};
    QList<KnownSession> sessions;
    while (!file.atEnd()) {
        const QList<QByteArray> words = file.readLine().trimmed().split(' ');
        if (words.size() == 2)
            sessions.append({SessionId(words.at(0)), UserId(words.at(1))});
    }
    if (sessions.isEmpty())
        return Error{ErrorCode::InvalidInput, path + QStringLiteral(" names no sessions"), {}};
    return sessions;
}

} // namespace lockkeeper::demo
