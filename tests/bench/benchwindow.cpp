// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchwindow.h"

#include "app/workspace.h"

#include <QApplication>
#include <QEventLoop>

namespace lockkeeper::bench {

BenchWindow::BenchWindow()
    : m_appearance(*qApp)
    , m_host(m_clock, m_folder.filePath(QStringLiteral("audit")))
    , m_window(m_host, m_secrets, m_appearance, m_clock)
{
    m_window.show();
}

BenchWindow::~BenchWindow()
{
    QEventLoop loop;
    QObject::connect(&m_host, &gui::WorkspaceHost::finished, &loop, &QEventLoop::quit,
                     Qt::QueuedConnection);
    m_window.close();
    m_host.close();
    loop.exec();
}

void BenchWindow::open(const redis::ServerAddress &address, int rows, bool wholeList)
{
    app::Target target;
    target.name = QStringLiteral("bench");
    target.server = address;
    QEventLoop loop;
    const auto look = [&] {
        if (model().heldCount() >= rows &&
            (!wholeList || m_host.workspace()->monitor().feed().isTrusted))
            loop.quit();
    };
    QObject::connect(&model(), &gui::LockTableModel::updated, &loop, look);
    QObject::connect(&model(), &gui::LockTableModel::stepped, &loop, look);
    m_host.open(Result<app::Target>(target));
    loop.exec();
}

} // namespace lockkeeper::bench
