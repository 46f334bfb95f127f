// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"

#include <QList>
#include <QSslError>

#include <optional>

namespace lockkeeper::redis {

/// Why the peer's certificate is not accepted, and what to do about it. `errors` is not empty;
/// `host` is the name that was connected to, `peer` the address for messages.
[[nodiscard]] Error certificateError(const QList<QSslError> &errors, const QString &host,
                                     const QString &peer);

/// What the peer says of our own certificate, if `text`, an error of the TLS library, is about it.
[[nodiscard]] std::optional<Error> clientCertificateError(const QString &text, bool hasOne,
                                                          const QString &peer);

} // namespace lockkeeper::redis
