// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/jsonvalue.h"

#include <QTest>

using namespace lockkeeper;
using sessions::JsonValue;

class TestJsonValue final : public QObject
{
    Q_OBJECT

private slots:
    void writesWhatItRead_data();
    void writesWhatItRead();
    void dropsOnlyWhitespaceAndEscapes();
    void refuses_data();
    void refuses();
    void limitsDepth();
    void readsIntegers_data();
    void readsIntegers();
    void replacesInPlace();
    void takesTheLastOfDoubles();
};

void TestJsonValue::writesWhatItRead_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("scalars") << QByteArray(R"([null,true,false,"",0])");
    QTest::newRow("negative zero") << QByteArray("[-0,-0.0,0.0]");
    QTest::newRow("beyond 64 bits") << QByteArray("[18446744073709551615,18446744073709551616,"
                                                  "-9223372036854775808,-9223372036854775809,"
                                                  "123456789012345678901234567890]");
    QTest::newRow("floats") << QByteArray("[1.10,1e5,1E+5,1.0e-0,3.141592653589793238462643,1e999,"
                                          "5e-4000,0.1]");
    QTest::newRow("order and doubles") << QByteArray(R"({"b":1,"a":2,"b":3,"":4})");
    QTest::newRow("nesting") << QByteArray(R"({"a":[{"b":[[],{}]}]})");
    QTest::newRow("escapes") << QByteArray(R"(["\"\\\b\f\n\r\t\u0000\u001f/"])");
    QTest::newRow("unicode") << QByteArray("[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x92\x7f\"]");
}

void TestJsonValue::writesWhatItRead()
{
    QFETCH(QByteArray, json);
    const Result<JsonValue> value = JsonValue::parse(json);
    QVERIFY2(value, value ? "" : qPrintable(value.error().what));
    QCOMPARE(value->write(), json);
}

void TestJsonValue::dropsOnlyWhitespaceAndEscapes()
{
    const Result<JsonValue> value =
        JsonValue::parse(" { \"a\\u00e9\" : [ 1 , \"\\ud83d\\udd12\\/\" ] } \n");
    QVERIFY(value);
    QCOMPARE(value->write(), QByteArray("{\"a\xc3\xa9\":[1,\"\xf0\x9f\x94\x92/\"]}"));
}

void TestJsonValue::refuses_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("why");
    QTest::newRow("empty") << QByteArray() << "the text breaks off at byte 0";
    QTest::newRow("no JSON") << QByteArray("hello") << "an unknown word at byte 1";
    QTest::newRow("cut") << QByteArray(R"({"a":1)") << "the text breaks off at byte 6";
    QTest::newRow("trailing") << QByteArray("{} {}") << "more text after the end at byte 4";
    QTest::newRow("trailing comma") << QByteArray("[1,]") << "a syntax error at byte 4";
    QTest::newRow("leading zero") << QByteArray("[01]") << "a syntax error at byte 3";
    QTest::newRow("NaN") << QByteArray("[NaN]") << "an unknown word at byte 2";
    QTest::newRow("huge exponent") << QByteArray("[1e99999]") << "out of all range at byte";
    QTest::newRow("invalid UTF-8") << QByteArray("[\"\xff\"]") << "invalid UTF-8 at byte 3";
    QTest::newRow("overlong UTF-8") << QByteArray("[\"\xc0\xaf\"]") << "invalid UTF-8 at byte 3";
    QTest::newRow("surrogate in UTF-8")
        << QByteArray("[\"\xed\xa0\x80\"]") << "invalid UTF-8 at byte 4";
    QTest::newRow("lone high surrogate") << QByteArray(R"(["\ud800"])") << "a lone surrogate";
    QTest::newRow("lone low surrogate") << QByteArray(R"(["\udc00x"])") << "a lone surrogate";
    QTest::newRow("raw control") << QByteArray("[\"a\nb\"]") << "control character";
    QTest::newRow("unknown escape") << QByteArray(R"(["\q"])") << "an unknown escape";
    QTest::newRow("zero byte behind") << QByteArray("{}\0x", 4) << "a zero byte at byte 3";
    QTest::newRow("zero byte within") << QByteArray("{\0}", 3) << "at byte 2";
}

void TestJsonValue::refuses()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, why);
    const Result<JsonValue> value = JsonValue::parse(json);
    QVERIFY(!value);
    QCOMPARE(value.error().code, ErrorCode::Corrupt);
    QVERIFY2(value.error().what.contains(why), qPrintable(value.error().what));
}

void TestJsonValue::limitsDepth()
{
    const auto nested = [](int depth) -> QByteArray {
        return QByteArray(depth, '[') + QByteArray(depth, ']');
    };
    QVERIFY(JsonValue::parse(nested(JsonValue::kMaxDepth)));
    const Result<JsonValue> deeper = JsonValue::parse(nested(JsonValue::kMaxDepth + 1));
    QVERIFY(!deeper);
    QVERIFY(deeper.error().what.contains(u"nested deeper"));
    QVERIFY(!JsonValue::parse(QByteArray(5'000'000, '[')));
}

void TestJsonValue::readsIntegers_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<bool>("isInteger");
    QTest::addColumn<qint64>("value");
    QTest::newRow("0") << QByteArray("0") << true << qint64(0);
    QTest::newRow("-0") << QByteArray("-0") << true << qint64(0);
    QTest::newRow("most") << QByteArray("9223372036854775807") << true
                          << std::numeric_limits<qint64>::max();
    QTest::newRow("too large") << QByteArray("9223372036854775808") << false << qint64(0);
    QTest::newRow("float") << QByteArray("1.0") << false << qint64(0);
    QTest::newRow("text") << QByteArray("\"1\"") << false << qint64(0);
}

void TestJsonValue::readsIntegers()
{
    QFETCH(QByteArray, json);
    QFETCH(bool, isInteger);
    QFETCH(qint64, value);
    const Result<JsonValue> parsed = JsonValue::parse(json);
    QVERIFY(parsed);
    QCOMPARE(parsed->integer().has_value(), isInteger);
    QCOMPARE(parsed->integer().value_or(0), value);
}

void TestJsonValue::replacesInPlace()
{
    JsonValue value = JsonValue::parse(R"({"a":1,"b":2})").value_or(JsonValue());
    value.set("a", JsonValue::string(QStringLiteral("x")));
    value.set("c", JsonValue::verbatim("[1, 2]"));
    QCOMPARE(value.write(), QByteArray(R"({"a":"x","b":2,"c":[1, 2]})"));
}

void TestJsonValue::takesTheLastOfDoubles()
{
    JsonValue value = JsonValue::parse(R"({"a":1,"b":2,"a":3})").value_or(JsonValue());
    QCOMPARE(value.find("a")->integer(), std::optional<qint64>(3));
    QVERIFY(!value.find("c"));
    value.set("a", {});
    QCOMPARE(value.write(), QByteArray(R"({"a":1,"b":2,"a":null})"));
}

QTEST_APPLESS_MAIN(TestJsonValue)
#include "tst_jsonvalue.moc"
