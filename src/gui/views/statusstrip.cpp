// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/statusstrip.h"

#include "app/workspace.h"
#include "core/text.h"
#include "gui/models/words.h"
#include "gui/views/look.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QToolButton>

namespace lockkeeper::gui {

namespace {

constexpr int kHeight = 26;

QLabel *makeLabel(QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setProperty("kind", QStringLiteral("secondary"));
    label->setTextFormat(Qt::PlainText);
    return label;
}

void say(QLabel *label, const QString &text)
{
    if (label->text() == text)
        return;
    label->setText(text);
    label->setVisible(!text.isEmpty());
}

} // namespace

StatusStrip::StatusStrip(QAction *cancelScan, QWidget *parent)
    : QWidget(parent)
    , m_dot(new QLabel(this))
    , m_feed(makeLabel(this))
    , m_proof(makeLabel(this))
    , m_counts(makeLabel(this))
    , m_server(makeLabel(this))
    , m_database(makeLabel(this))
    , m_scan(makeLabel(this))
    , m_unlocked(makeLabel(this))
    , m_cancelScan(new QToolButton(this))
    , m_roundTrip(makeLabel(this))
{
    setObjectName(QStringLiteral("statusStrip"));
    setFixedHeight(kHeight);
    m_feed->setObjectName(QStringLiteral("feed"));
    // A long reason must not widen the window; it is whole in the tool tip.
    m_feed->setMinimumWidth(24);
    m_database->setMinimumWidth(24);
    auto *feed = new QHBoxLayout;
    feed->setSpacing(4);
    feed->addWidget(m_dot);
    feed->addWidget(m_feed);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 0, 16, 0);
    layout->setSpacing(16);
    layout->addLayout(feed);
    for (QLabel *label : {m_proof, m_counts, m_unlocked, m_server, m_database, m_scan})
        layout->addWidget(label);
    m_scan->setObjectName(QStringLiteral("scan"));
    m_cancelScan->setObjectName(QStringLiteral("cancelScan"));
    m_cancelScan->setDefaultAction(cancelScan);
    m_cancelScan->setAutoRaise(true);
    m_cancelScan->hide();
    layout->addWidget(m_cancelScan);
    layout->addStretch();
    layout->addWidget(m_roundTrip);
    present(nullptr, {});
}

void StatusStrip::present(app::Workspace *workspace, const Counts &counts)
{
    if (workspace) {
        presentFeed(*workspace);
        presentServer(*workspace);
        const QString held = counted(counts.held, tr("1 lock"), tr("%1 locks"));
        // Of a server that was never reached nothing is known, not even "none".
        const bool isKnown = counts.held > 0 || workspace->monitor().feed().isTrusted;
        say(m_counts, !isKnown ? QString()
                      : counts.isFiltered
                          ? tr("%1 of %2").arg(locale().toString(counts.shown), held)
                          : held);
        presentWrites(workspace->unlockedWrites());
        return;
    }
    m_dot->setPixmap(shapePixmap(Shape::Ring, Theme::of(palette()).color(Theme::Role::Gone),
                                 devicePixelRatioF()));
    say(m_feed, tr("not connected"));
    for (QLabel *label :
         {m_proof, m_counts, m_unlocked, m_server, m_database, m_scan, m_roundTrip}) {
        label->clear();
        label->hide();
    }
    m_cancelScan->hide();
}

void StatusStrip::presentWrites(const locks::UnlockedWrites &writes)
{
    const locks::UnlockedFigures &figures = writes.overall();
    say(m_unlocked, figures.all() == 0
                        ? QString()
                        : counted(figures.all(), tr("1 unlocked write"), tr("%1 unlocked writes")));
    m_unlocked->setToolTip(
        tr("Cached sessions were written while nobody held their lock, since "
           "this connection was made: %1 surely, %2 likely.")
            .arg(locale().toString(figures.sure), locale().toString(figures.likely)));
}

void StatusStrip::presentFeed(app::Workspace &workspace)
{
    const locks::FeedStatus &feed = workspace.monitor().feed();
    const bool isLost = feed.kind == locks::FeedStatus::Kind::None;
    const StateLook look = feed.isTrusted ? StateLook{Shape::Dot, Theme::Role::Ok}
                           : isLost       ? StateLook{Shape::Diamond, Theme::Role::Bad}
                                          : StateLook{Shape::Triangle, Theme::Role::Warn};
    m_dot->setPixmap(
        shapePixmap(look.shape, Theme::of(palette()).color(look.color), devicePixelRatioF()));
    // Why it is lost stands across the page.
    QString text = !isLost                           ? QString(locks::name(feed.kind))
                   : workspace.monitor().lastProof() ? tr("feed lost")
                                                     : tr("not connected");
    if (!isLost && !feed.isTrusted && !feed.reason.isEmpty())
        text = tr("%1: %2").arg(text, feed.reason);
    if (feed.isTrusted && feed.differences > 0)
        text =
            tr("%1 · audit: %2")
                .arg(text, counted(feed.differences, tr("1 row differed"), tr("%1 rows differed")));
    say(m_feed, text);
    m_feed->setToolTip(feed.reason);

    if (const auto proof = workspace.monitor().lastProof()) {
        const auto age =
            std::chrono::duration_cast<milliseconds>(workspace.clock().steady() - *proof);
        say(m_proof, tr("confirmed %1 ago").arg(spanText(age)));
    } else {
        say(m_proof, {});
    }
    QString scan;
    if (feed.scan) {
        const auto fraction = feed.scan->fraction();
        if (feed.scan->keysExamined == 0)
            scan = tr("scanning");
        else if (fraction)
            scan = tr("scanning, %1 %").arg(static_cast<int>(*fraction * 100));
        else
            scan = tr("scanning, %1 keys so far").arg(locale().toString(feed.scan->keysExamined));
    }
    say(m_scan, scan);
    m_cancelScan->setVisible(feed.scan.has_value());
}

void StatusStrip::presentServer(app::Workspace &workspace)
{
    const redis::Deployment &deployment = workspace.client().deployment();
    const redis::ServerInfo server = workspace.client().serverInfo();
    QStringList parts{shortened(workspace.client().place(), 8, 24)};
    if (deployment.kind != redis::Deployment::Kind::Cluster) // which has no other database
        parts.append(tr("db %1").arg(deployment.node.database));
    if (!server.version.isEmpty())
        parts.append(server.toString());
    say(m_server, parts.join(QStringLiteral(" · ")));
    QString about = deployment.displayUrl();
    if (const QString clock = describe(workspace.client().serverTime()); !clock.isEmpty())
        about += u'\n' + clock;
    m_server->setToolTip(about);
    const auto &database = workspace.databaseState();
    const bool isBroken = database && !*database;
    say(m_database, isBroken ? tr("database: %1").arg(database->error().what) : QString());
    m_database->setToolTip(isBroken ? describe(database->error()) : QString());
    const auto roundTrip = workspace.client().roundTrip();
    say(m_roundTrip,
        roundTrip
            ? tr("read %1 ms").arg(static_cast<double>(roundTrip->count()) / 1000.0, 0, 'f', 1)
            : QString());
}

QString StatusStrip::feedText() const
{
    return m_feed->text();
}

QString StatusStrip::writesText() const
{
    return m_unlocked->text();
}

} // namespace lockkeeper::gui
