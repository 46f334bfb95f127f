// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/inspection.h"
#include "app/target.h"
#include "cli/output.h"
#include "core/clock.h"

namespace lockkeeper::cli {

/// "held by api-3 (token 8c1f2a77…a0d2), 41 s left", "not held", "a hash, not a string".
[[nodiscard]] QString lockText(const app::Inspection &inspection, SteadyTime now);

/// What `show` prints of an inspection. Without `isRevealed` no text of a message is in it.
class InspectionView
{
public:
    /// The parts must outlive the view.
    InspectionView(const app::Inspection &inspection, const app::Target &target, const Clock &clock,
                   bool isRevealed);

    [[nodiscard]] QByteArray json() const;
    void print(Output &output) const;

private:
    void printLock(Output &output) const;
    void printCopies(Output &output) const;
    void printMessages(Output &output) const;

    const app::Inspection &m_inspection;
    const app::Target &m_target;
    const Clock &m_clock;
    bool m_isRevealed;
};

} // namespace lockkeeper::cli
