// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/testcertificates.h"

#include <QFile>
#include <QProcess>

namespace lockkeeper::test {

namespace {

constexpr char kConfig[] = R"([req]
distinguished_name = name
prompt = no
[name]
CN = unused
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = DNS:localhost,IP:127.0.0.1
[other]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:redis.example
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
)";

bool runOpenssl(const QStringList &arguments, QString &reason)
{
    QProcess openssl;
    openssl.start(QStringLiteral("openssl"), arguments);
    if (openssl.waitForFinished(30'000) && openssl.exitCode() == 0)
        return true;
    reason =
        QStringLiteral("openssl failed: ") + QString::fromLocal8Bit(openssl.readAllStandardError());
    return false;
}

QStringList request(const QString &configFile, const QString &section, const QString &subject,
                    const QString &keyFile, const QString &certFile)
{
    QStringList arguments{QStringLiteral("req"), QStringLiteral("-x509"), QStringLiteral("-nodes"),
                          QStringLiteral("-days"), QStringLiteral("2")};
    arguments << QStringLiteral("-newkey") << QStringLiteral("ec") << QStringLiteral("-pkeyopt")
              << QStringLiteral("ec_paramgen_curve:prime256v1");
    arguments << QStringLiteral("-config") << configFile << QStringLiteral("-extensions") << section
              << QStringLiteral("-subj") << subject << QStringLiteral("-keyout") << keyFile
              << QStringLiteral("-out") << certFile;
    return arguments;
}

/// In the place of `certFile` one of the same key that was valid until yesterday.
bool makeExpired(const QString &folder, const QString &configFile, const QString &keyFile,
                 const QString &certFile, const QStringList &signedByCa, QString &reason)
{
    const QString wish = folder + QStringLiteral("/server.csr");
    const QStringList ask{QStringLiteral("req"),     QStringLiteral("-new"),
                          QStringLiteral("-key"),    keyFile,
                          QStringLiteral("-subj"),   QStringLiteral("/CN=localhost"),
                          QStringLiteral("-config"), configFile,
                          QStringLiteral("-out"),    wish};
    const QStringList sign{QStringLiteral("x509"),
                           QStringLiteral("-req"),
                           QStringLiteral("-in"),
                           wish,
                           QStringLiteral("-days"),
                           QStringLiteral("-1"),
                           QStringLiteral("-CAcreateserial"),
                           QStringLiteral("-extfile"),
                           configFile,
                           QStringLiteral("-extensions"),
                           QStringLiteral("server"),
                           QStringLiteral("-out"),
                           certFile};
    return runOpenssl(ask, reason) && runOpenssl(sign + signedByCa, reason);
}

} // namespace

bool TestCertificates::make(const QString &folder, QString &reason, Flaw flaw)
{
    const QString configFile = folder + QStringLiteral("/openssl.cnf");
    const QString caKey = folder + QStringLiteral("/ca.key");
    caFile = folder + QStringLiteral("/ca.crt");
    serverCert = folder + QStringLiteral("/server.crt");
    serverKey = folder + QStringLiteral("/server.key");
    clientCert = folder + QStringLiteral("/client.crt");
    clientKey = folder + QStringLiteral("/client.key");

    QFile config(configFile);
    if (!config.open(QIODevice::WriteOnly) || config.write(kConfig) < 0) {
        reason = config.errorString();
        return false;
    }
    config.close();

    const QStringList signedByCa{QStringLiteral("-CA"), caFile, QStringLiteral("-CAkey"), caKey};
    const QString section =
        flaw == Flaw::OtherName ? QStringLiteral("other") : QStringLiteral("server");
    return runOpenssl(request(configFile, QStringLiteral("ca"),
                              QStringLiteral("/CN=Lockkeeper test CA"), caKey, caFile),
                      reason) &&
           runOpenssl(request(configFile, section, QStringLiteral("/CN=localhost"), serverKey,
                              serverCert) +
                          signedByCa,
                      reason) &&
           (flaw != Flaw::Expired ||
            makeExpired(folder, configFile, serverKey, serverCert, signedByCa, reason)) &&
           runOpenssl(request(configFile, QStringLiteral("client"),
                              QStringLiteral("/CN=lockkeeper client"), clientKey, clientCert) +
                          signedByCa,
                      reason);
}

} // namespace lockkeeper::test
