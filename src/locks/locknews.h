// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/strongtype.h"

#include <QObject>

namespace lockkeeper::locks {

/// Tells waiting acquires that a lock key changed: a hint to try again now.
class LockNews : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

signals:
    void keyChanged(const lockkeeper::LockKey &key);
};

} // namespace lockkeeper::locks
