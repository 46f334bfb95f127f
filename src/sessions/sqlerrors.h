// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"
#include "sessions/dsn.h"

#include <QString>

class QSqlError;

namespace lockkeeper::sessions {

/// What a database's own error code means for us.
struct SqlFailure
{
    ErrorCode code = ErrorCode::Database;
    QString hint;
    bool isLost = false;            ///< the connection is gone
    bool isUniqueViolation = false; ///< a unique value is there already
};

/// By SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html).
[[nodiscard]] SqlFailure postgreSqlFailure(const QString &sqlState);
/// By result code (https://www.sqlite.org/rescode.html), extended or not.
[[nodiscard]] SqlFailure sqliteFailure(int resultCode);

/// The database's own words: the first line only, for the others quote statements and rows; and
/// never the password.
[[nodiscard]] QString sqlErrorText(const QSqlError &error, const Dsn &dsn);

/// Why no connection could be made, in sentences.
[[nodiscard]] Error connectError(const QSqlError &error, const Dsn &dsn);

} // namespace lockkeeper::sessions
