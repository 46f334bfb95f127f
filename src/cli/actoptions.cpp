// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/actoptions.h"

#include "app/workspace.h"
#include "cli/context.h"
#include "cli/jsonvalues.h"
#include "cli/locklook.h"
#include "core/text.h"

#include <QFile>
#include <QSet>

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

namespace {

Error fileError(const QString &file, const QString &what)
{
    return {ErrorCode::InvalidInput, u"--from " + file + u": " + what,
            QCoreApplication::translate("lockkeeper::cli",
                                        "give a file that lockkeeper-cli list --json wrote")};
}

/// The member's text as it is shown and taken back; empty where there is none.
QByteArray bytesOf(const Json &object, const char *name)
{
    const bool isText = object.is_object() && object.contains(name) && object[name].is_string();
    return isText ? bytesFromPrintable(
                        QString::fromStdString(object[name].get_ref<const std::string &>()))
                  : QByteArray();
}

} // namespace

void ActOptions::declare(CLI::App &app)
{
    addText(app, "--reason", reason, tr("Why, or a ticket; kept in the audit log"));
    addFlag(app, "--dry-run", isDryRun, tr("Say what would happen, change nothing"));
    addFlag(app, "--yes", isConfirmed, tr("Do not ask"));
}

void ActOptions::declareConfirm(CLI::App &app)
{
    addText(app, "--confirm", typed,
            tr("What is to be typed before a delete in production: the session's id, or "
               "the number of sessions; with --yes it has to be given here"))
        ->type_name("TEXT");
}

void ActOptions::declareVerify(CLI::App &app)
{
    addSpan(app, "--verify", verify,
            tr("Watch for this long who comes back, up to 60s (the default at a "
               "terminal, where Ctrl+C ends it; 0 elsewhere)"));
}

app::ActNote ActOptions::note() const
{
    app::ActNote note;
    note.reason = reason;
    note.typed = typed;
    return note;
}

void ManyOptions::declare(CLI::App &app)
{
    m_filter.declare(app);
    addText(app, "--from", m_file,
            tr("Those that this file names with their tokens, as list --json wrote "
               "it; - for standard input"))
        ->type_name("FILE");
    addText(app, "--results", m_resultFile,
            tr("Write each one's outcome to this file: CSV, or JSON where its name ends "
               "in .json"))
        ->type_name("FILE");
    addNumber(app, "--cap", m_cap, 1,
              tr("Raise the number of locks that may be touched at once (50, or the "
                 "profile's)"));
}

std::optional<Error> ManyOptions::misuseOfOne() const
{
    if (m_filter.isGivenBesidesUser() || !m_file.isEmpty())
        return Error{ErrorCode::InvalidInput, tr("SESSION and a filter do not go together"),
                     tr("leave one of them away")};
    if (!m_resultFile.isEmpty() || m_cap)
        return Error{
            ErrorCode::InvalidInput,
            tr("%1 is for many").arg(m_cap ? QStringLiteral("--cap") : QStringLiteral("--results")),
            tr("leave it away, or give a filter instead of SESSION")};
    return std::nullopt;
}

Task<QList<app::BulkItem>> ManyOptions::items(app::Workspace &workspace, Context &context)
{
    if (!m_file.isEmpty()) {
        if (m_filter.isGiven())
            co_return Error{
                ErrorCode::InvalidInput, tr("--from names the locks: it goes with no filter"), {}};
        co_return itemsOfFile(context);
    }
    if (const Result<void> checked = m_filter.check(); !checked)
        co_return checked.error();
    const bool looksForContention = m_filter.asksForContention();
    const Result<QList<LockRow>> rows =
        co_await readLockRows(workspace, looksForContention, context);
    if (!rows)
        co_return rows.error();
    QList<app::BulkItem> items;
    for (const LockRow &row : *rows) {
        if (m_filter.filter().accepts(row) && !row.lock.isForeign())
            items.append({row.lock.session, row.lock.token, row.lock});
    }
    co_return items;
}

Result<QList<app::BulkItem>> ManyOptions::itemsOfFile(Context &context) const
{
    QFile file(m_file);
    const bool isOpen =
        m_file == u"-" ? file.open(stdin, QIODevice::ReadOnly) : file.open(QIODevice::ReadOnly);
    if (!isOpen)
        return fileError(m_file, file.errorString());
    const QByteArray bytes = file.readAll();
    const Json json = Json::parse(bytes.cbegin(), bytes.cend(), nullptr, false);
    if (!json.is_array())
        return fileError(m_file, tr("it is no list of locks"));
    QSet<SessionId> seen;
    QList<app::BulkItem> items;
    int number = 0;
    for (const Json &one : json) {
        ++number;
        const SessionId session(bytesOf(one, "session_id"));
        const bool hasToken = one.is_object() && one.contains("token");
        const bool isForeign =
            hasToken && one["token"].is_null(); // list names what is no lock, too
        if (session.isEmpty() || !hasToken || !(isForeign || one["token"].is_string()))
            return fileError(m_file, tr("entry %1 has no session_id and token").arg(number));
        if (isForeign)
            context.output().warning(
                tr("%1 is left out: its key holds no lock").arg(printable(session.bytes())));
        else
            items.append({session, Token(bytesOf(one, "token")), std::nullopt});
        if (seen.contains(session))
            return fileError(m_file,
                             tr("entry %1 names a session for the second time").arg(number));
        seen.insert(session);
    }
    return items;
}

} // namespace lockkeeper::cli
