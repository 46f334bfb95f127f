// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QSocketNotifier;

namespace lockkeeper::gui {

/// SIGTERM and SIGINT as a Qt signal, so that the window closes in its usual order. One at most.
class SignalWatch final : public QObject
{
    Q_OBJECT

public:
    explicit SignalWatch(QObject *parent = nullptr);
    ~SignalWatch() override;
    SignalWatch(const SignalWatch &) = delete;
    SignalWatch &operator=(const SignalWatch &) = delete;

signals:
    void received();

private:
    void readSignal();

    QSocketNotifier *m_notifier = nullptr;
};

} // namespace lockkeeper::gui
