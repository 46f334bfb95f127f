// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/profile.h"
#include "app/secretstore.h"
#include "cli/command.h"
#include "core/flows.h"

#include <QStringList>

#include <optional>

namespace lockkeeper::cli {

/// `profile list|show|add|remove|import|export|password`: the saved connections.
class ProfileCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "profile"; }
    [[nodiscard]] QString summary() const override
    {
        return tr(
            "Keep connections with their guardrails: list, show, add, remove, import, export");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    enum class Verb { List, Show, Add, Remove, Import, Export, Password };

    void declareReading(CLI::App &app);
    void declareAdding(CLI::App &app);
    void declareMoving(CLI::App &app);
    void declareGuardrails(CLI::App &add);

    [[nodiscard]] int runList(Context &context) const;
    [[nodiscard]] int runShow(Context &context) const;
    [[nodiscard]] QCoro::Task<int> runAdd(Context &context);
    [[nodiscard]] QCoro::Task<int> runRemove(Context &context);
    [[nodiscard]] int runImport(Context &context) const;
    [[nodiscard]] int runExport(Context &context) const;
    [[nodiscard]] QCoro::Task<int> runPassword(Context &context);

    /// The profile that the options describe, its addresses without their passwords; those are in
    /// m_passwords.
    [[nodiscard]] Result<app::Profile> described(const Context &context);
    [[nodiscard]] Result<app::Profile> withGuardrails(app::Profile profile) const;
    [[nodiscard]] Result<app::Profile> withFamilies(app::Profile profile,
                                                    const app::TargetInput &input) const;
    [[nodiscard]] QCoro::Task<int> keep(app::SecretName name, Secret password, Context &context);

    struct Password
    {
        app::SecretName::Part part;
        Secret secret;
    };

    Verb m_verb = Verb::List;
    QString m_name;
    QStringList m_names;
    QString m_file;
    QString m_environment;
    QString m_rights;
    QString m_color;
    QString m_ssh;
    QStringList m_nodes;
    int m_cap = 0; ///< here and below 0: not given
    double m_heldLong = 0;
    std::optional<milliseconds> m_renewingLong;
    int m_stormPerMinute = 0;
    bool m_replaces = false;
    bool m_isConfirmed = false;
    bool m_isOfDatabase = false;
    bool m_isOfSentinels = false;
    bool m_forgets = false;
    QList<Password> m_passwords;
};

} // namespace lockkeeper::cli
