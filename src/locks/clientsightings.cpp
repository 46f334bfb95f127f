// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/clientsightings.h"

namespace lockkeeper::locks {

void ClientSightings::note(const Token &token, const SeenClient &client)
{
    if (!m_byToken.contains(token)) {
        m_order.push_back(token);
        if (m_order.size() > kMost) {
            m_byToken.remove(m_order.front());
            m_order.pop_front();
        }
    }
    m_byToken.insert(token, client);
}

std::optional<SeenClient> ClientSightings::of(const Token &token) const
{
    const auto found = m_byToken.constFind(token);
    return found == m_byToken.cend() ? std::nullopt : std::optional(*found);
}

} // namespace lockkeeper::locks
