// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QString>

namespace lockkeeper::redis {

/// A Lua script of ours: its text and the SHA-1 under which servers know it.
class Script
{
public:
    /// Loads `:/lua/<name>.lua` from the resources of the locks room; missing is a build error and
    /// aborts.
    [[nodiscard]] static Script fromResource(const QString &name);
    Script(QByteArray name, QByteArray source);

    [[nodiscard]] const QByteArray &name() const { return m_name; }
    [[nodiscard]] const QByteArray &source() const { return m_source; }
    /// 40 lower-case hex digits.
    [[nodiscard]] const QByteArray &sha1() const { return m_sha1; }

private:
    QByteArray m_name;
    QByteArray m_source;
    QByteArray m_sha1;
};

} // namespace lockkeeper::redis
