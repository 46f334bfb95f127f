// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/views/messagestrip.h"

namespace lockkeeper::gui {

class WorkspaceHost;

/// Stands across the page for as long as what is shown is not connected, or not complete: why, what
/// is done about it, and the ways out.
class ConnectionStrip final : public MessageStrip
{
    Q_OBJECT

public:
    struct Ways
    {
        QAction *retry;
        QAction *edit;
        QAction *rescan;
    };

    explicit ConnectionStrip(Ways ways, QWidget *parent = nullptr);

    void present(const WorkspaceHost &host);

private:
    void showFailed(const WorkspaceHost &host);

    Ways m_ways;
};

} // namespace lockkeeper::gui
