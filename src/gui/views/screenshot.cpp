// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/screenshot.h"

#include "gui/views/detailspane.h"
#include "gui/views/lockspage.h"
#include "gui/views/locktable.h"
#include "gui/views/mainwindow.h"

#include <QCoreApplication>
#include <QEvent>
#include <QImage>
#include <QPixmap>

namespace lockkeeper::gui {

namespace {

using namespace std::chrono_literals;

constexpr QSize kSize{1440, 810};
constexpr auto kLook = 250ms;
constexpr auto kSettle = 12s; ///< until locks of every kind have come and some have gone
constexpr auto kReadDetails = 1500ms;
constexpr auto kPatience = 60s;

} // namespace

Screenshot::Screenshot(MainWindow &window, QString file, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_window(window)
    , m_file(std::move(file))
    , m_clock(clock)
    , m_begun(clock.steady())
{
    window.resize(kSize);
    connect(&m_timer, &QTimer::timeout, this, &Screenshot::look);
    m_timer.start(kLook);
}

void Screenshot::look()
{
    const SteadyTime now = m_clock.steady();
    if (now - m_begun > kPatience) {
        m_timer.stop();
        emit taken(Error{ErrorCode::TimedOut, tr("there was no lock to show within a minute"), {}});
        return;
    }
    if (!m_selectedAt) {
        if (now - m_begun > kSettle && selectRow())
            m_selectedAt = now;
        return;
    }
    if (now - *m_selectedAt > kReadDetails && m_window.details().isLoaded())
        save();
}

/// Rather one with a title and a story than one that says "healthy"; else any.
bool Screenshot::selectRow()
{
    const LockTableModel &model = m_window.locksPage().model();
    if (model.heldCount() == 0)
        return false;
    for (const auto state : {app::LockState::HeldLong, app::LockState::Healthy,
                             app::LockState::Orphan, app::LockState::NoExpiry}) {
        for (int row = 0; row < model.rowCount(); ++row) {
            const LockRow &lock = model.rowAt(row);
            if (!lock.gone && lock.state == state && lock.glance->title) {
                m_window.locksPage().table().selectLock(lock.record.key);
                return true;
            }
        }
    }
    for (int row = 0; row < model.rowCount(); ++row) {
        if (!model.rowAt(row).gone) {
            m_window.locksPage().table().selectLock(model.rowAt(row).record.key);
            return true;
        }
    }
    return false;
}

void Screenshot::save()
{
    m_timer.stop();
    // What was just said may still wait for its room.
    QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    const bool isSaved =
        m_window.grab().toImage().convertToFormat(QImage::Format_RGB888).save(m_file, "PNG", 0);
    emit taken(isSaved ? Result<void>()
                       : Result<void>(Error{ErrorCode::Io, tr("cannot write %1").arg(m_file), {}}));
}

} // namespace lockkeeper::gui
