// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "gui/views/appearance.h"
#include "gui/views/lockspage.h"
#include "gui/views/locktable.h"
#include "gui/views/mainwindow.h"
#include "gui/views/workspacehost.h"
#include "support/redisserver.h"

#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include <optional>

namespace lockkeeper::test {

/// The window on a real server and a real SQLite database.
class WindowFixture
{
public:
    explicit WindowFixture(RedisServer &server);
    /// Closes everything in the order in which the program does.
    ~WindowFixture();
    WindowFixture(const WindowFixture &) = delete;
    WindowFixture &operator=(const WindowFixture &) = delete;

    /// Puts a session with two messages into the database.
    void addSession(const SessionId &id, const QString &title, const QString &user);
    void lock(const SessionId &id, const QByteArray &token, int ms = 60'000);
    /// Puts so many locks of other sessions beside.
    void lockMany(int count);
    [[nodiscard]] QByteArray tokenOf(const SessionId &id);
    [[nodiscard]] bool isStored(const SessionId &id);
    /// Connects and waits until the list equals the server.
    [[nodiscard]] bool open(bool isReadOnly = false);
    /// Selects the lock and waits until its details are read.
    [[nodiscard]] bool select(const SessionId &id);

    [[nodiscard]] app::Target target() const;
    [[nodiscard]] gui::LockTableModel &model() { return window.locksPage().model(); }
    [[nodiscard]] gui::LockTable &table() { return window.locksPage().table(); }
    [[nodiscard]] QList<QByteArray> auditLines() const;

    RedisServer &server;
    std::optional<redis::ServerAddress> login; ///< nullopt: as the default user
    app::Guardrails guardrails;
    QTemporaryDir folder;
    SystemClock clock;
    gui::Appearance appearance;
    app::SecretStore secrets;
    gui::WorkspaceHost host;
    gui::MainWindow window;
};

/// The dialog of this kind, once it is on screen; null when none appears.
template<typename Dialog>
Dialog *openDialog(const gui::MainWindow &window)
{
    Dialog *dialog = nullptr;
    const bool isThere = QTest::qWaitFor(
        [&] {
            dialog = window.findChild<Dialog *>();
            return dialog && dialog->isVisible();
        },
        20'000);
    return isThere ? dialog : nullptr;
}

inline QPushButton *button(const QWidget &parent, const char *name)
{
    return parent.findChild<QPushButton *>(QString::fromLatin1(name));
}

inline bool becomesEnabled(const QWidget *widget)
{
    return QTest::qWaitFor([widget] { return widget->isEnabled(); }, 20'000);
}

} // namespace lockkeeper::test
