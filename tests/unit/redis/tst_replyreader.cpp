// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/command.h"
#include "redis/replyreader.h"
#include "redis/wireformat.h"

#include <QTest>

using namespace lockkeeper;
using redis::Reply;
using redis::ReplyReader;

namespace {

/// All replies in `wire`, fed in slices of `slice` bytes; nullopt when the reader refuses.
std::optional<QList<Reply>> readAll(const QByteArray &wire, qsizetype slice)
{
    ReplyReader reader;
    QList<Reply> replies;
    for (qsizetype at = 0; at < wire.size(); at += slice) {
        if (!reader.feed(wire.mid(at, slice)))
            return std::nullopt;
        while (true) {
            auto reply = reader.next();
            if (!reply)
                return std::nullopt;
            if (!*reply)
                break;
            replies.append(**reply);
        }
    }
    return replies;
}

} // namespace

class TestReplyReader : public QObject
{
    Q_OBJECT

private slots:
    void readsEveryKindInAnySlices();
    void readsLargeValuesInAnySlices();
    void refuses_data();
    void refuses();
    void formatsBinaryWords();
};

void TestReplyReader::readsEveryKindInAnySlices()
{
    const QByteArray wire("+OK\r\n-ERR no\r\n:-42\r\n$4\r\na\r\nb\r\n$-1\r\n*-1\r\n"
                          "*3\r\n$1\r\nk\r\n:1\r\n*1\r\n+x\r\n$0\r\n\r\n*0\r\n");
    const QList<Reply> expected{
        Reply::status("OK"),
        Reply::error("ERR no"),
        Reply::integer(-42),
        Reply::bulk("a\r\nb"),
        Reply(),
        Reply(),
        Reply::array({Reply::bulk("k"), Reply::integer(1), Reply::array({Reply::status("x")})}),
        Reply::bulk(""),
        Reply::array({})};
    for (qsizetype slice = 1; slice <= wire.size(); ++slice) {
        const auto replies = readAll(wire, slice);
        QVERIFY(replies);
        QCOMPARE(*replies, expected);
    }
}

void TestReplyReader::readsLargeValuesInAnySlices()
{
    QByteArray large(200'000, 'x');
    large.replace(100'000, 6, "\r\n$9\r\n");
    const QByteArray header = "$200000\r\n";
    const QByteArray wire = "+before\r\n" + header + large + "\r\n" + header + large +
                            "\r\n*1\r\n" + header + large + "\r\n:7\r\n";
    const QList<Reply> expected{Reply::status("before"), Reply::bulk(large), Reply::bulk(large),
                                Reply::array({Reply::bulk(large)}), Reply::integer(7)};
    for (const qsizetype slice : {qsizetype(1000), qsizetype(9973), ReplyReader::kSlice}) {
        const auto replies = readAll(wire, slice);
        QVERIFY(replies);
        QCOMPARE(*replies, expected);
    }
    for (qsizetype slice = 1; slice < 30; ++slice) // wherever the header is cut
        QCOMPARE(readAll(wire, slice), std::optional(expected));
}

void TestReplyReader::refuses_data()
{
    QTest::addColumn<QByteArray>("wire");
    QTest::newRow("HTTP") << QByteArray("HTTP/1.1 400 Bad Request\r\n");
    QTest::newRow("TLS alert") << QByteArray("\x15\x03\x01\x00\x02\x02\x46", 7);
    QTest::newRow("SSH") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n");
    QTest::newRow("a billion elements") << QByteArray("*1000000000\r\n");
    QTest::newRow("an endless bulk") << QByteArray("$9223372036854775807\r\n");
    QTest::newRow("a negative length") << QByteArray("$-2\r\n");
    QTest::newRow("no length") << QByteArray("$abc\r\n");
    QTest::newRow("an endless line") << QByteArray("+") + QByteArray(70'000, 'x');
    QTest::newRow("RESP3") << QByteArray(">2\r\n+a\r\n+b\r\n");
}

void TestReplyReader::refuses()
{
    QFETCH(QByteArray, wire);
    QVERIFY(!readAll(wire, ReplyReader::kSlice));
    QVERIFY(!readAll(wire, 100));
}

void TestReplyReader::formatsBinaryWords()
{
    QByteArray wire;
    redis::appendWire(wire, {{"GET", QByteArray("a\0\r\n", 4)}});
    QCOMPARE(wire, QByteArray("*2\r\n$3\r\nGET\r\n$4\r\na\0\r\n\r\n", 23));
}

QTEST_APPLESS_MAIN(TestReplyReader)
#include "tst_replyreader.moc"
