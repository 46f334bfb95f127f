// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/paths.h"
#include "core/log.h"
#include "core/signalwatcher.h"
#include "demo/demostack.h"
#include "gui/views/appearance.h"
#include "gui/views/mainwindow.h"
#include "gui/views/screenshot.h"
#include "gui/views/startoptions.h"
#include "gui/views/workspacehost.h"

#include <QApplication>
#include <QIcon>

#include <cstdio>

using namespace lockkeeper;

namespace {

int runWindow(QApplication &application, const gui::StartOptions &options)
{
    const Result<void> log = startLog({.file = app::stateFolder() + u"/lockkeeper.log"});
    if (!log)
        std::fprintf(stderr, "lockkeeper: %s\n", qPrintable(describe(log.error())));
    SystemClock clock;
    gui::Appearance appearance(application);
    appearance.choose(options.appearance);
    app::SecretStore secrets;
    gui::WorkspaceHost host(clock, app::AuditLog::defaultFolder(), &secrets);
    gui::MainWindow window(host, secrets, appearance, clock);
    SignalWatcher signalWatcher;
    int exitCode = 0;
    QObject::connect(&window, &gui::MainWindow::closeRequested, &host, &gui::WorkspaceHost::close);
    QObject::connect(&signalWatcher, &SignalWatcher::received, &window, &gui::MainWindow::leave);
    QObject::connect(&host, &gui::WorkspaceHost::finished, &application, &QApplication::quit);
    window.show();
    host.open(options);
    std::unique_ptr<gui::Screenshot> screenshot;
    if (!options.screenshotFile.isEmpty()) {
        screenshot = std::make_unique<gui::Screenshot>(window, options.screenshotFile, clock);
        QObject::connect(
            screenshot.get(), &gui::Screenshot::taken, &window, [&](const Result<void> &outcome) {
                exitCode = outcome ? 0 : 1;
                if (!outcome)
                    std::fprintf(stderr, "lockkeeper: %s\n", qPrintable(describe(outcome.error())));
                window.close();
            });
    }
    QApplication::setQuitOnLastWindowClosed(false);
    static_cast<void>(QApplication::exec());
    stopLog();
    return exitCode;
}

} // namespace

int main(int argc, char **argv)
{
    if (demo::isWorkerCall(argc, argv))
        return demo::runWorker(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("lockkeeper"));
    QCoreApplication::setApplicationVersion(QStringLiteral(LOCKKEEPER_VERSION));
    const gui::StartRequest request =
        gui::readArguments(argc, argv, QStringLiteral(LOCKKEEPER_VERSION));
    if (!request.text.isEmpty()) {
        std::fputs(qPrintable(request.text), request.exitCode == 0 ? stdout : stderr);
        return request.exitCode;
    }
    QApplication application(argc, argv);
    QGuiApplication::setDesktopFileName(QStringLiteral("io.github.lockkeeper.Lockkeeper"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/lockkeeper.svg")));
    return runWindow(application, request.options);
}
