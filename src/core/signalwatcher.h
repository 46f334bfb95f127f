// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <array>

namespace lockkeeper {

/// Turns SIGINT, SIGTERM and SIGHUP into a Qt signal, so that the program ends in order; a SIGHUP
/// that was ignored when the program was started (nohup) stays ignored. The third one ends the
/// program as if nobody had listened. One per process.
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
    void readAll();

    std::array<int, 2> m_pipe{-1, -1};
    int m_count = 0;
};

} // namespace lockkeeper
