// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

namespace lockkeeper::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a Qt signal, so that the program ends in order. The same
/// signal a third time ends it as if nobody had listened. One per process.
class SignalWatcher final : public QObject
{
    Q_OBJECT

public:
    explicit SignalWatcher(QObject *parent = nullptr);
    ~SignalWatcher() override;
    SignalWatcher(const SignalWatcher &) = delete;
    SignalWatcher &operator=(const SignalWatcher &) = delete;

signals:
    void received(int number);

private:
    void readOne();

    int m_readEnd = -1;
    int m_count = 0;
};

} // namespace lockkeeper::cli
