// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/tlserrors.h"

#include <QDateTime>
#include <QSslCertificate>
#include <QStringList>

#include <algorithm>
#include <array>

namespace lockkeeper::redis {

namespace {

/// What is wrong with a certificate, that which has to be mended first.
enum class Flaw { Expired, NotYetValid, UnknownAuthority, OtherName, Other };

Flaw flawOf(const QSslError &error)
{
    switch (error.error()) {
    case QSslError::CertificateExpired:
        return Flaw::Expired;
    case QSslError::CertificateNotYetValid:
        return Flaw::NotYetValid;
    case QSslError::SelfSignedCertificate:
    case QSslError::SelfSignedCertificateInChain:
    case QSslError::UnableToGetIssuerCertificate:
    case QSslError::UnableToGetLocalIssuerCertificate:
    case QSslError::UnableToVerifyFirstCertificate:
    case QSslError::CertificateUntrusted:
        return Flaw::UnknownAuthority;
    case QSslError::HostNameMismatch:
        return Flaw::OtherName;
    default:
        return Flaw::Other;
    }
}

QString dayOf(const QDateTime &time)
{
    return time.toUTC().toString(QStringLiteral("yyyy-MM-dd HH:mm 'UTC'"));
}

/// The hosts that a certificate was made for.
QString namesIn(const QSslCertificate &certificate)
{
    QStringList names;
    for (const QString &name : certificate.subjectAlternativeNames())
        names.append(name);
    if (names.isEmpty())
        names = certificate.subjectInfo(QSslCertificate::CommonName);
    names.removeDuplicates();
    names.sort();
    return names.isEmpty() ? QStringLiteral("nobody") : names.join(QStringLiteral(", "));
}

QString authorityOf(const QSslCertificate &certificate)
{
    const QStringList names = certificate.issuerInfo(QSslCertificate::CommonName);
    return names.isEmpty() ? QStringLiteral("nobody") : names.first();
}

} // namespace

Error certificateError(const QList<QSslError> &errors, const QString &host, const QString &peer)
{
    const auto worst =
        std::ranges::min_element(errors, {}, [](const QSslError &error) { return flawOf(error); });
    const QSslCertificate certificate = worst->certificate();
    const QString whose = u"the TLS certificate of " + peer;
    switch (flawOf(*worst)) {
    case Flaw::Expired:
        return {ErrorCode::Untrusted, whose + u" expired on " + dayOf(certificate.expiryDate()),
                QStringLiteral("have it renewed on the server; if it should still be valid, check "
                               "this machine's clock")};
    case Flaw::NotYetValid:
        return {ErrorCode::Untrusted,
                whose + u" is valid from " + dayOf(certificate.effectiveDate()) + u" only",
                QStringLiteral("check this machine's clock, and the server's certificate")};
    case Flaw::UnknownAuthority:
        return {ErrorCode::Untrusted,
                whose + u" is signed by an authority that is not known here: " +
                    authorityOf(certificate),
                QStringLiteral("give the authority's certificate with ?cacert=/path/ca.pem")};
    case Flaw::OtherName:
        return {ErrorCode::Untrusted,
                whose + u" was not made for " + host + u", but for " + namesIn(certificate),
                u"connect by a name that it was made for, or have one made for " + host};
    case Flaw::Other:
        break;
    }
    return {ErrorCode::Untrusted, whose + u" is not accepted: " + worst->errorString(),
            QStringLiteral("have a valid one installed on the server")};
}

std::optional<Error> clientCertificateError(const QString &text, bool hasOne, const QString &peer)
{
    // The alerts of RFC 8446, section 6.2, in OpenSSL's words.
    static constexpr std::array alerts{u"certificate required", u"bad certificate",
                                       u"alert unknown ca",     u"certificate unknown",
                                       u"certificate expired",  u"unsupported certificate",
                                       u"certificate revoked"};
    const bool isAboutOurs = std::ranges::any_of(
        alerts, [&text](const char16_t *alert) { return text.contains(QStringView(alert)); });
    if (!isAboutOurs)
        return std::nullopt;
    if (!hasOne)
        return Error{ErrorCode::Untrusted, peer + u" asks for a TLS client certificate",
                     QStringLiteral("add ?cert=/path/client.crt&key=/path/client.key to the URL")};
    return Error{ErrorCode::Untrusted,
                 peer + u" does not accept our TLS client certificate: " + text,
                 QStringLiteral("give one that the server's authority signed, with ?cert=…&key=…")};
}

} // namespace lockkeeper::redis
