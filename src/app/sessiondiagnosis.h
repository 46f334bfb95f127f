// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/inspection.h"

namespace lockkeeper::app {

/// The state of a session, why, and what to do about it; sentences for people.
struct SessionDiagnosis
{
    SessionState state = SessionState::Unknown;
    QString reason;
    QString advice; ///< empty: nothing to do
};

[[nodiscard]] SessionDiagnosis diagnoseSession(const Inspection &inspection);

} // namespace lockkeeper::app
