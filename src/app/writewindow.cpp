// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/writewindow.h"

#include <QPointer>

#include <algorithm>
#include <utility>

namespace lockkeeper::app {

namespace {

/// How long what asks the gates alone may be let through after the machine has slept.
constexpr milliseconds kLatest = std::chrono::seconds(1);

} // namespace

/// What a Pass points to: the last one that goes lets the gates close.
class WriteWindow::Holder final
{
public:
    explicit Holder(WriteWindow *window)
        : m_window(window)
    {}
    ~Holder()
    {
        if (m_window)
            m_window->setGates();
    }
    Holder(const Holder &) = delete;
    Holder &operator=(const Holder &) = delete;

private:
    QPointer<WriteWindow> m_window;
};

WriteWindow::WriteWindow(const Guardrails &guardrails, bool isReadOnly, const Clock &clock,
                         Gates gates, QObject *parent)
    : QObject(parent)
    , m_guardrails(guardrails)
    , m_isReadOnly(isReadOnly)
    , m_clock(clock)
    , m_gates(std::move(gates))
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &WriteWindow::watchTime);
    setGates();
}

WriteWindow::State WriteWindow::state() const
{
    if (m_isReadOnly || m_guardrails.scope == Scope::ReadOnly || !m_guardrails.doubt.isEmpty())
        return State::ReadOnly;
    if (!m_guardrails.isProduction())
        return State::Open;
    return left() ? State::Unlocked : State::Closed;
}

std::optional<milliseconds> WriteWindow::left() const
{
    // Not the timer's word: it stands still while the machine sleeps.
    if (!m_until || m_clock.steady() >= *m_until)
        return std::nullopt;
    return std::chrono::ceil<milliseconds>(*m_until - m_clock.steady());
}

QString WriteWindow::phrase() const
{
    return QString(name(m_guardrails.environment));
}

std::optional<Error> WriteWindow::refusal() const
{
    const QString profile = u"the profile \"" + m_guardrails.profile + u'"';
    switch (state()) {
    case State::Open:
    case State::Unlocked:
        return std::nullopt;
    case State::ReadOnly:
        if (m_isReadOnly)
            return Error{ErrorCode::NotPermitted,
                         QStringLiteral("this connection is read-only: nothing is changed over it"),
                         QStringLiteral("connect without the read-only setting to act")};
        if (!m_guardrails.doubt.isEmpty())
            return Error{ErrorCode::NotPermitted, m_guardrails.doubt,
                         QStringLiteral("mend the saved connections, or open the one that is "
                                        "meant: --profile NAME")};
        return Error{
            ErrorCode::NotPermitted, profile + u" is read-only: nothing is changed over it",
            QStringLiteral("whoever keeps the profiles can change its rights to operator")};
    case State::Closed:
        return Error{ErrorCode::NotPermitted,
                     profile + u" is production and locked: nothing is changed over it",
                     u"unlock it first, by typing \"" + phrase() +
                         u"\" in the strip above the list, or with --unlock " + phrase()};
    }
    Q_UNREACHABLE();
}

Result<void> WriteWindow::check(const QString &typed) const
{
    if (state() == State::ReadOnly)
        return *refusal();
    if (state() == State::Open || typed == phrase())
        return {};
    return Error{
        ErrorCode::NotPermitted,
        typed.isEmpty()
            ? QStringLiteral("nothing was typed: it stays locked")
            : QString(u"\"" + typed + u"\" is not the name of this environment: it stays locked"),
        u"type \"" + phrase() + u"\" if that is where you want to change something"};
}

Result<void> WriteWindow::unlock(const QString &typed)
{
    const Result<void> right = check(typed);
    if (!right || state() == State::Open)
        return right;
    m_until = m_clock.steady() + kSpan;
    watchTime();
    setGates();
    emit changed();
    return {};
}

void WriteWindow::watchTime()
{
    // In short steps: a timer stands still while the machine sleeps, and the gates with it.
    if (const auto remaining = left())
        m_timer.start(std::min(*remaining, kLatest));
    else
        close();
}

void WriteWindow::lock()
{
    if (m_until)
        close();
}

void WriteWindow::close()
{
    m_timer.stop();
    m_until.reset();
    setGates();
    emit changed();
}

WriteWindow::Pass WriteWindow::pass()
{
    if (!isOpen())
        return {};
    if (Pass known = m_pass.lock())
        return known;
    const Pass made = std::make_shared<Holder>(this);
    m_pass = made;
    return made;
}

void WriteWindow::setGates()
{
    const bool mayWrite = isOpen() || !m_pass.expired();
    if (std::exchange(m_areGatesOpen, mayWrite) != mayWrite)
        m_gates(mayWrite);
}

} // namespace lockkeeper::app
