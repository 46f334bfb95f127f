// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/profilestore.h"
#include "app/secretstore.h"
#include "core/flows.h"

#include <QDialog>
#include <QFuture>
#include <QPointer>

#include <functional>

class QLabel;
class QListWidget;
class QPushButton;

namespace lockkeeper::gui {

class ProfileForm;

/// The saved connections: what there are, and the fields of the chosen one.
class ProfilesDialog final : public QDialog
{
    Q_OBJECT

public:
    /// `secrets` and `flows` must outlive the flows that the dialog starts.
    ProfilesDialog(const app::ProfileStore &store, app::SecretStore &secrets, FlowGroup &flows,
                   QWidget *parent = nullptr);

    /// The fields of a profile that is not saved yet.
    void begin(const app::Profile &profile);
    void choose(const QString &name);

signals:
    /// The file has changed.
    void changed();
    void openRequested(const lockkeeper::app::Profile &profile);

private:
    static QCoro::Task<> keepFlow(app::SecretStore *secrets, app::SecretName name, Secret password,
                                  QPointer<ProfilesDialog> dialog);
    static QCoro::Task<> forgetFlow(app::SecretStore *secrets, QString profile);
    void build();
    void load();
    void showProfile(int row);
    static QCoro::Task<> changeFlow(QFuture<Result<void>> work, std::function<void()> then,
                                    QPointer<ProfilesDialog> dialog);
    /// On a worker; `then` follows where it went well, while the dialog is there.
    void change(std::function<Result<void>()> work, std::function<void()> then);
    void save(bool isToBeOpened);
    void takeSaved(const app::Profile &profile, const QString &before);
    void remove();
    void importFile();
    void importFrom(const QString &file);
    void exportFile();
    void keepPasswords(const Secret &redis, const Secret &database);
    void kept(const Result<app::Kept> &outcome);
    void say(const QString &text, bool isBad);
    void sayError(const Error &error);

    const app::ProfileStore &m_store;
    app::SecretStore &m_secrets;
    FlowGroup &m_flows;
    QList<app::Profile> m_profiles;
    QString m_shown;           ///< the name under which it is saved; empty: it is new
    bool m_isChanging = false; ///< the file, on a worker
    QString m_toBeRemoved;     ///< the name that Remove was clicked for once
    QListWidget *m_list;
    ProfileForm *m_form;
    QLabel *m_note;
    QPushButton *m_remove;
};

} // namespace lockkeeper::gui
