// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/wireformat.h"

#include <QVarLengthArray>

#include <hiredis/hiredis.h>

namespace lockkeeper::redis {

void appendWire(QByteArray &wire, const Command &command)
{
    QVarLengthArray<const char *, 16> words;
    QVarLengthArray<std::size_t, 16> sizes;
    for (const QByteArray &word : command.words) {
        words.append(word.constData());
        sizes.append(static_cast<std::size_t>(word.size()));
    }
    char *formatted = nullptr;
    const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()),
                                             words.data(), sizes.data());
    if (size < 0)
        qFatal("out of memory while formatting a command");
    wire.append(formatted, size);
    redisFreeCommand(formatted);
}

} // namespace lockkeeper::redis
