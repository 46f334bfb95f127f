// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/messagenumbers.h"

#include <QTest>

using namespace lockkeeper::sessions;

using Numbers = QList<int>; // -1: none

class TestMessageNumbers final : public QObject
{
    Q_OBJECT

private slots:
    void numbers_data();
    void numbers();
};

void TestMessageNumbers::numbers_data()
{
    QTest::addColumn<Numbers>("before");
    QTest::addColumn<qint64>("stored");
    QTest::addColumn<Numbers>("after");
    QTest::addColumn<QList<qsizetype>>("added");
    QTest::newRow("nothing") << Numbers{} << qint64(3) << Numbers{} << QList<qsizetype>{};
    QTest::newRow("all new") << Numbers{-1, -1} << qint64(0) << Numbers{0, 1}
                             << QList<qsizetype>{0, 1};
    QTest::newRow("past the count")
        << Numbers{-1, -1, -1} << qint64(2) << Numbers{0, 1, 2} << QList<qsizetype>{2};
    QTest::newRow("none past it") << Numbers{-1, -1} << qint64(5) << Numbers{0, 1}
                                  << QList<qsizetype>{};
    QTest::newRow("carried") << Numbers{0, 1, -1} << qint64(2) << Numbers{0, 1, 2}
                             << QList<qsizetype>{2};
    QTest::newRow("only the tail is here")
        << Numbers{7, 8, -1, -1} << qint64(9) << Numbers{7, 8, 9, 10} << QList<qsizetype>{2, 3};
    QTest::newRow("with gaps") << Numbers{0, 9, -1} << qint64(2) << Numbers{0, 9, 10}
                               << QList<qsizetype>{2};
    QTest::newRow("more are stored")
        << Numbers{0, -1} << qint64(4) << Numbers{0, 4} << QList<qsizetype>{1};
}

void TestMessageNumbers::numbers()
{
    QFETCH(Numbers, before);
    QFETCH(qint64, stored);
    QList<ChatMessage> messages;
    for (const int number : before) {
        ChatMessage message;
        if (number >= 0)
            message.sequence = number;
        messages.append(message);
    }
    const QList<qsizetype> added = numberMessages(messages, stored);
    QTEST(added, "added");
    Numbers after;
    for (const ChatMessage &message : std::as_const(messages))
        after.append(int(message.sequence.value_or(-1)));
    QTEST(after, "after");
}

QTEST_APPLESS_MAIN(TestMessageNumbers)
#include "tst_messagenumbers.moc"
