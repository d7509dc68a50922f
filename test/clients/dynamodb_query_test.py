"""Query and Scan, by boto3."""

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key

from errors import refused

COUNT = 30


@pytest.fixture
def filled(table):
    for i in range(COUNT):
        item = {"pk": f"p{i % 3}", "sk": i - 10, "kind": "even" if i % 2 == 0 else "odd", "note": f"n{i}",
                "serial": i}
        if i < 6:
            item["label"] = f"label{9 - i}"
        table.put_item(Item=item)
    return table


def all_pages(ask, **query) -> tuple[list[dict], int]:
    items, pages = [], 0
    while True:
        page = ask(**query)
        items += page["Items"]
        pages += 1
        if "LastEvaluatedKey" not in page:
            return items, pages
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def test_numbers_sort_as_numbers(filled):
    items, _ = all_pages(filled.query, KeyConditionExpression=Key("pk").eq("p0"))
    assert [i["sk"] for i in items] == [i - 10 for i in range(0, COUNT, 3)]
    items, _ = all_pages(filled.query, KeyConditionExpression=Key("pk").eq("p0"), ScanIndexForward=False)
    assert [i["sk"] for i in items] == [i - 10 for i in range(0, COUNT, 3)][::-1]


@pytest.mark.parametrize("condition, expected", [
    (Key("sk").lt(-4), [-10, -7]), (Key("sk").lte(-4), [-10, -7, -4]), (Key("sk").gt(11), [14, 17]),
    (Key("sk").gte(14), [14, 17]), (Key("sk").between(-1, 5), [-1, 2, 5]), (Key("sk").eq(2), [2]),
    (Key("sk").eq(3), []), (Key("sk").eq(Decimal("2.0")), [2])])
def test_sort_key_conditions(filled, condition, expected):
    page = filled.query(KeyConditionExpression=Key("pk").eq("p0") & condition)
    assert [i["sk"] for i in page["Items"]] == expected


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pages_of_a_query(filled, limit, forward):
    items, pages = all_pages(filled.query, KeyConditionExpression=Key("pk").eq("p1"), Limit=limit,
                             ScanIndexForward=forward)
    wanted = [i - 10 for i in range(1, COUNT, 3)]
    assert [i["sk"] for i in items] == (wanted if forward else wanted[::-1])
    assert pages == 10 // limit + 1


def test_a_page_ends_at_a_megabyte(table):
    for i in range(8):
        table.put_item(Item={"pk": "big", "sk": i, "a": "x" * 300_000})
    items, pages = all_pages(table.query, KeyConditionExpression=Key("pk").eq("big"))
    assert [i["sk"] for i in items] == list(range(8))
    assert pages == 2 or pages == 3
    first = table.query(KeyConditionExpression=Key("pk").eq("big"))
    assert 3 <= first["Count"] <= 4


def test_a_limit_counts_before_the_filter(filled):
    page = filled.query(KeyConditionExpression=Key("pk").eq("p0"), Limit=4,
                        FilterExpression=Attr("kind").eq("even"))
    assert (page["ScannedCount"], page["Count"]) == (4, 2)
    assert page["LastEvaluatedKey"] == {"pk": "p0", "sk": -1}


def test_the_global_index(filled):
    items, _ = all_pages(filled.query, IndexName="by-kind", Limit=4,
                         KeyConditionExpression=Key("kind").eq("odd") & Key("sk").gte(0))
    assert [i["sk"] for i in items] == [i - 10 for i in range(COUNT) if i % 2 and i >= 10]
    assert set(items[0]) == {"pk", "sk", "kind", "note"}
    filled.update_item(Key={"pk": items[0]["pk"], "sk": items[0]["sk"]}, UpdateExpression="REMOVE kind")
    found = filled.query(IndexName="by-kind", KeyConditionExpression=Key("kind").eq("odd"))["Items"]
    assert items[0]["sk"] not in [i["sk"] for i in found]


def test_the_local_index(filled):
    items, _ = all_pages(filled.query, IndexName="by-label", KeyConditionExpression=Key("pk").eq("p0"))
    assert [i["label"] for i in items] == ["label6", "label9"]
    assert set(items[0]) == {"pk", "sk", "label"}
    items, _ = all_pages(filled.query, IndexName="by-label", Select="ALL_ATTRIBUTES",
                         KeyConditionExpression=Key("pk").eq("p0") & Key("label").begins_with("label9"))
    assert [i["serial"] for i in items] == [0]


def test_scan_sees_everything_once(filled):
    items, _ = all_pages(filled.scan, Limit=7)
    assert sorted(i["sk"] for i in items) == [i - 10 for i in range(COUNT)]
    items, _ = all_pages(filled.scan, FilterExpression=Attr("serial").lt(5),
                         ProjectionExpression="serial")
    assert sorted(i["serial"] for i in items) == list(range(5))
    assert filled.scan(Select="COUNT")["Count"] == COUNT


def test_segments_share_a_scan(filled):
    seen = []
    for segment in range(4):
        items, _ = all_pages(filled.scan, Segment=segment, TotalSegments=4)
        seen += [i["sk"] for i in items]
    assert sorted(seen) == [i - 10 for i in range(COUNT)]


@pytest.mark.parametrize("filter_expression, expected", [
    (Attr("serial").is_in([1, 2, 99]), [1, 2]), (Attr("label").exists(), [0, 1, 2, 3, 4, 5]),
    (Attr("note").contains("n2") & Attr("serial").gt(20), list(range(21, 30))),
    (~Attr("serial").gte(2), [0, 1]), (Attr("note").size().lt(3) & Attr("serial").gt(7), [8, 9]),
    (Attr("serial").attribute_type("S"), []), (Attr("note").begins_with("n1") & Attr("kind").ne("odd"),
                                               [10, 12, 14, 16, 18])])
def test_filters(filled, filter_expression, expected):
    items, _ = all_pages(filled.scan, FilterExpression=filter_expression)
    assert sorted(i["serial"] for i in items) == expected


def test_queries_that_make_no_sense(filled):
    with refused("ValidationException", 400):
        filled.query(KeyConditionExpression=Key("sk").eq(1))
    with refused("ValidationException", 400):
        filled.query(KeyConditionExpression=Key("pk").eq("p0"), FilterExpression=Attr("sk").gt(1))
    with refused("ValidationException", 400):
        filled.query(IndexName="no-such-index", KeyConditionExpression=Key("pk").eq("p0"))
    with refused("ValidationException", 400):
        filled.query(IndexName="by-kind", KeyConditionExpression=Key("kind").eq("odd"), ConsistentRead=True)
    with refused("ValidationException", 400):
        filled.query(KeyConditionExpression=Key("pk").eq("p0"), ProjectionExpression="hidden")  # reserved
    with refused("ValidationException", 400):
        filled.query(KeyConditionExpression=Key("pk").eq("p0"), ExclusiveStartKey={"pk": "other", "sk": 1})
