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

} // namespace

bool TestCertificates::make(const QString &folder, QString &reason)
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
    return runOpenssl(request(configFile, QStringLiteral("ca"),
                              QStringLiteral("/CN=Lockkeeper test CA"), caKey, caFile),
                      reason) &&
           runOpenssl(request(configFile, QStringLiteral("server"), QStringLiteral("/CN=localhost"),
                              serverKey, serverCert) +
                          signedByCa,
                      reason) &&
           runOpenssl(request(configFile, QStringLiteral("client"),
                              QStringLiteral("/CN=lockkeeper client"), clientKey, clientCert) +
                          signedByCa,
                      reason);
}

} // namespace lockkeeper::test
