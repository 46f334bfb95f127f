// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace lockkeeper::test {

/// A certificate authority with a server certificate for localhost and 127.0.0.1 and a client
/// certificate, made on the fly by the openssl program.
struct TestCertificates
{
    QString caFile;
    QString serverCert;
    QString serverKey;
    QString clientCert;
    QString clientKey;

    /// What is wrong with the server's certificate.
    enum class Flaw {
        None,
        Expired,   ///< a day ago
        OtherName, ///< it was made for redis.example
    };

    /// Writes the files into `folder`; false, with the reason, when openssl fails.
    [[nodiscard]] bool make(const QString &folder, QString &reason, Flaw flaw = Flaw::None);
};

} // namespace lockkeeper::test
