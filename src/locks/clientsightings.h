// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QHash>
#include <QString>

#include <deque>
#include <optional>

namespace lockkeeper::locks {

/// A client that was seen using a token.
struct SeenClient
{
    QByteArray address; ///< "10.0.0.7:51344"
    QString name;       ///< that it gave itself; empty: none, or we may not see it
    WallTime seenAt;
};

/// Which client uses which token, as samples told. A waiter keeps its token when it becomes owner,
/// so its owner is known from then on. The oldest go when there are more than kMost.
class ClientSightings
{
public:
    static constexpr std::size_t kMost = 20'000;

    void note(const Token &token, const SeenClient &client);
    [[nodiscard]] std::optional<SeenClient> of(const Token &token) const;
    [[nodiscard]] qsizetype size() const { return m_byToken.size(); }

private:
    QHash<Token, SeenClient> m_byToken;
    std::deque<Token> m_order; ///< oldest first
};

} // namespace lockkeeper::locks
