// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"

#include <QTest>

using namespace lockkeeper;
using namespace std::chrono_literals;

class TestText : public QObject
{
    Q_OBJECT

private slots:
    void printsBytes_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("text");
        QTest::newRow("ascii") << QByteArray("chat:session:1") << "chat:session:1";
        QTest::newRow("empty") << QByteArray() << "";
        QTest::newRow("utf-8") << QByteArray("Grüße 今日 🙂") << "Grüße 今日 🙂";
        QTest::newRow("zero") << QByteArray("a\0b", 3) << "a\\x00b";
        QTest::newRow("newline") << QByteArray("a\nb") << "a\\x0ab";
        QTest::newRow("escape") << QByteArray("\x1b[31m") << "\\x1b[31m";
        QTest::newRow("delete") << QByteArray("\x7f") << "\\x7f";
        QTest::newRow("not utf-8") << QByteArray("\xff\xfe") << "\\xff\\xfe";
        QTest::newRow("cut utf-8") << QByteArray("a\xc3") << "a\\xc3";
        QTest::newRow("overlong") << QByteArray("\xc0\xaf") << "\\xc0\\xaf";
        QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << "\\xed\\xa0\\x80";
        QTest::newRow("right-to-left override") << QByteArray("a\xe2\x80\xae"
                                                              "b")
                                                << "a\\xe2\\x80\\xaeb";
        QTest::newRow("line separator") << QByteArray("\xe2\x80\xa8") << "\\xe2\\x80\\xa8";
    }
    void printsBytes()
    {
        QFETCH(const QByteArray, bytes);
        QTEST(printable(bytes), "text");
    }

    void shortens_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("shorter");
        QTest::newRow("short") << "abc" << "abc";
        QTest::newRow("as long as the result") << "0123456789abc" << "0123456789abc";
        QTest::newRow("one more") << "0123456789abcd" << "01234567…abcd";
        QTest::newRow("uuid") << "3f2a77c1-0b7d-4e5f-a9c8-1122334491c4" << "3f2a77c1…91c4";
        QTest::newRow("empty") << "" << "";
    }
    void shortens()
    {
        QFETCH(const QString, text);
        QTEST(shortened(text), "shorter");
    }

    void tellsSpans_data()
    {
        QTest::addColumn<qint64>("ms");
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << qint64(0) << "0.0 s";
        QTest::newRow("tenths") << qint64(449) << "0.4 s";
        QTest::newRow("rounded") << qint64(9'949) << "9.9 s";
        QTest::newRow("seconds") << qint64(9'950) << "10 s";
        QTest::newRow("more seconds") << qint64(41'400) << "41 s";
        QTest::newRow("up to a minute") << qint64(60'499) << "60 s";
        QTest::newRow("more than a minute") << qint64(98'000) << "1 min 38 s";
        QTest::newRow("minutes") << qint64(119'500) << "2 min";
        QTest::newRow("minutes and seconds") << qint64(362'000) << "6 min 2 s";
        QTest::newRow("up to an hour") << qint64(3'599'499) << "59 min 59 s";
        QTest::newRow("an hour") << qint64(3'600'000) << "1 h";
        QTest::newRow("hours") << qint64(8'040'000) << "2 h 14 min";
        QTest::newRow("days") << qint64(273'600'000) << "3 d 4 h";
        QTest::newRow("whole days") << qint64(86'400'000) << "1 d";
        QTest::newRow("overdue") << qint64(-1'500) << "-1.5 s";
    }
    void tellsSpans()
    {
        QFETCH(const qint64, ms);
        QTEST(spanText(milliseconds(ms)), "text");
    }

    void tellsSizes_data()
    {
        QTest::addColumn<qint64>("bytes");
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << qint64(0) << "0 B";
        QTest::newRow("bytes") << qint64(1023) << "1023 B";
        QTest::newRow("kilobytes") << qint64(1024) << "1 KB";
        QTest::newRow("more kilobytes") << qint64(41 * 1024 + 100) << "41 KB";
        QTest::newRow("to the next unit") << qint64(1024 * 1024 - 1) << "1.0 MB";
        QTest::newRow("megabytes") << qint64(1'992'294) << "1.9 MB";
        QTest::newRow("many megabytes") << qint64(52'428'800) << "50 MB";
        QTest::newRow("terabytes") << qint64(3) * 1024 * 1024 * 1024 * 1024 << "3.0 TB";
    }
    void tellsSizes()
    {
        QFETCH(const qint64, bytes);
        QTEST(sizeText(bytes), "text");
    }

    void readsSpans_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("ms");
        QTest::newRow("milliseconds") << "250ms" << qint64(250);
        QTest::newRow("seconds") << "10s" << qint64(10'000);
        QTest::newRow("a space") << "10 s" << qint64(10'000);
        QTest::newRow("sec") << "3sec" << qint64(3'000);
        QTest::newRow("bare") << "60" << qint64(60'000);
        QTest::newRow("fraction") << "1.5s" << qint64(1'500);
        QTest::newRow("small fraction") << "0.25" << qint64(250);
        QTest::newRow("m") << "2m" << qint64(120'000);
        QTest::newRow("min") << "2 min" << qint64(120'000);
        QTest::newRow("as written") << "1 min 38 s" << qint64(98'000);
        QTest::newRow("more as written") << "3 d 4 h" << qint64(273'600'000);
        QTest::newRow("hours") << "1h" << qint64(3'600'000);
        QTest::newRow("days") << "1d" << qint64(86'400'000);
        QTest::newRow("around") << "  5s " << qint64(5'000);
        QTest::newRow("zero") << "0" << qint64(0);
    }
    void readsSpans()
    {
        QFETCH(const QString, text);
        QFETCH(const qint64, ms);
        const auto span = parseSpan(text);
        QVERIFY(span);
        QCOMPARE(qint64(span->count()), ms);
    }

    void refusesSpans_data()
    {
        QTest::addColumn<QString>("text");
        for (const char *text : {"", " ", "s", "-1s", "+1s", "1y", "1s2", "1,5s", "1.s", ".5s",
                                 "1e3", "ten", "10 S", "1.2345s", "9999999999"})
            QTest::newRow(text) << QString::fromLatin1(text);
    }
    void refusesSpans()
    {
        QFETCH(const QString, text);
        const auto span = parseSpan(text);
        QVERIFY(!span);
        QCOMPARE(span.error().code, ErrorCode::InvalidInput);
        QVERIFY(span.error().what.contains(text));
        QVERIFY(!span.error().hint.isEmpty());
    }

    void writesTimes()
    {
        const WallTime time{std::chrono::microseconds(1'795'435'367'301'999)};
        QCOMPARE(rfc3339(time), QStringLiteral("2026-11-23T12:02:47.301Z"));
        QCOMPARE(rfc3339(WallTime()), QStringLiteral("1970-01-01T00:00:00.000Z"));
        QCOMPARE(rfc3339(WallTime(-1us)), QStringLiteral("1969-12-31T23:59:59.999Z"));
    }

    void readsTimes_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("micros");
        const qint64 second = 1'795'435'367'000'000;
        QTest::newRow("utc") << "2026-11-23T12:02:47Z" << second;
        QTest::newRow("no zone") << "2026-11-23T12:02:47" << second;
        QTest::newRow("a space") << "2026-11-23 12:02:47Z" << second;
        QTest::newRow("lower case") << "2026-11-23t12:02:47z" << second;
        QTest::newRow("milliseconds") << "2026-11-23T12:02:47.301Z" << second + 301'000;
        QTest::newRow("microseconds") << "2026-11-23T12:02:47.301002Z" << second + 301'002;
        QTest::newRow("nanoseconds are cut")
            << "2026-11-23T12:02:47.301002999Z" << second + 301'002;
        QTest::newRow("east") << "2026-11-23T13:02:47+01:00" << second;
        QTest::newRow("west") << "2026-11-23T06:32:47-0530" << second;
        QTest::newRow("python") << "2026-11-23T12:02:47.301002+00:00" << second + 301'002;
    }
    void readsTimes()
    {
        QFETCH(const QString, text);
        QFETCH(const qint64, micros);
        const auto time = parseRfc3339(text);
        QVERIFY(time);
        QCOMPARE(qint64(time->time_since_epoch().count()), micros);
    }

    void refusesTimes_data()
    {
        QTest::addColumn<QString>("text");
        for (const char *text :
             {"", "yesterday", "2026-11-23", "2026-13-23T12:02:47Z", "2026-11-31T12:02:47Z",
              "2026-11-23T25:02:47Z", "2026-11-23T12:02Z", "2026-11-23T12:02:47+1", "1795435367"})
            QTest::newRow(text) << QString::fromLatin1(text);
    }
    void refusesTimes()
    {
        QFETCH(const QString, text);
        QVERIFY(!parseRfc3339(text));
    }

    void mapsSteadyToWallTime()
    {
        ManualClock clock;
        QVERIFY(wallTimeOf(clock.steady() - 5s, clock) == clock.wall() - 5s);
        clock.advance(1h);
        QVERIFY(wallTimeOf(clock.steady() + 1ms, clock) == clock.wall() + 1ms);
    }
};

QTEST_APPLESS_MAIN(TestText)
#include "tst_text.moc"
