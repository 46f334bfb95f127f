// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <QString>

#include <optional>

/// Bytes, times and sizes as text, the same in window, terminal, log and audit file.
namespace lockkeeper {

/// Bytes as text: valid UTF-8 without control characters as it is, every other byte as \xNN; so is
/// the backslash of a text that would be taken for such an escape.
[[nodiscard]] QString printable(const QByteArray &bytes);

/// The bytes of a text as `printable` shows them: \xNN stands for a byte where the text as a whole
/// is such an escaped form, and for itself elsewhere.
[[nodiscard]] QByteArray bytesFromPrintable(const QString &text);

/// Shortens in the middle, "3f2a77c1…91c4", to at most `head` + 1 + `tail` characters.
[[nodiscard]] QString shortened(const QString &text, qsizetype head = 8, qsizetype tail = 4);

/// A span for people: "0.4 s", "41 s", "6 min 2 s", "2 h 14 min", "3 d 4 h".
[[nodiscard]] QString spanText(milliseconds span);

/// A size for people: "812 B", "41 KB", "1.9 MB" (powers of 1024).
[[nodiscard]] QString sizeText(qint64 bytes);

/// Reads "250ms", "10 s", "10s", "2m", "2 min", "1h", "1d", and what spanText() writes; a
/// bare number is seconds.
[[nodiscard]] Result<milliseconds> parseSpan(const QString &text);

/// RFC 3339 in UTC with milliseconds: "2026-11-23T12:02:47.301Z".
[[nodiscard]] QString rfc3339(WallTime time);

/// Reads RFC 3339 with any zone and up to microseconds; a time without zone is UTC.
[[nodiscard]] std::optional<WallTime> parseRfc3339(const QString &text);

/// The wall time of a steady moment, seen from `clock` now.
[[nodiscard]] WallTime wallTimeOf(SteadyTime moment, const Clock &clock);

} // namespace lockkeeper
