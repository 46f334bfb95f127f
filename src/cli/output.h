// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/texttable.h"
#include "core/error.h"

#include <QByteArray>
#include <QString>

namespace lockkeeper::cli {

/// Standard output for data, standard error for all else. Each call is written at once, whole
/// lines only; colours go to terminals only, and not where NO_COLOR is set.
class Output
{
public:
    Output();

    /// Data for people.
    void line(const QString &text, Tone tone = Tone::Plain);
    void table(const TextTable &table);
    /// Data for programs: one document, or one object of a stream.
    void json(const QByteArray &document);

    /// Progress and remarks.
    void note(const QString &text, Tone tone = Tone::Faint);
    void warning(const QString &text);
    void error(const Error &error);

    /// Our output cannot be written any more: its reader is gone, or the disk is full.
    [[nodiscard]] bool isBroken() const { return m_isBroken; }
    /// Data could not be written, and not because its reader had enough; it was said.
    [[nodiscard]] bool isIncomplete() const { return m_isIncomplete; }

private:
    void write(const QByteArray &bytes);
    void writeError(const QString &text, Tone tone);

    int m_width = 0; ///< of the terminal; 0: none
    bool m_isColoured = false;
    bool m_areErrorsColoured = false;
    bool m_isBroken = false;
    bool m_isIncomplete = false;
};

} // namespace lockkeeper::cli
