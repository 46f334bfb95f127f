// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditline.h"
#include "core/result.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <functional>

/// What makes the audit log tamper-evident. Each line has a number and names the SHA-256 of the
/// line before it, over all months; the file `chain` beside them holds number and hash of the
/// newest. So a line that was changed, removed, added or moved breaks the chain, at the end too.
/// It is no signature: who can write the folder can make a whole new chain; to be safe from that,
/// copy `chain` elsewhere from time to time. All of it blocks: call it from a worker.
namespace lockkeeper::app {

/// Appends the line that `make` gives for its place to the file, which is in the folder, durably.
/// Processes that append at once come one after the other.
[[nodiscard]] Result<void> appendToChain(const QString &folder, const QString &file,
                                         const std::function<QByteArray(const ChainPlace &)> &make);

/// The files of the log, oldest first, as full paths. A folder that is missing has none.
[[nodiscard]] QStringList auditFiles(const QString &folder);

/// A place where the chain does not hold.
struct ChainFault
{
    QString file; ///< the name without its folder
    int line = 0; ///< from 1 on; 0: the file as a whole
    QString what; ///< "entry 7 was changed after it was written"
};

/// What a look at the whole log has found.
struct ChainReport
{
    int files = 0;
    qint64 entries = 0;   ///< in the chain
    qint64 unchained = 0; ///< older ones, from before there was a chain
    qint64 torn = 0;      ///< cut off by the end of a program, and known as that
    QByteArray head;      ///< the hash of the newest line
    QList<ChainFault> faults;

    [[nodiscard]] bool isWhole() const { return faults.isEmpty(); }
};

/// Reads every file. Io where one cannot be read.
[[nodiscard]] Result<ChainReport> verifyChain(const QString &folder);

} // namespace lockkeeper::app
