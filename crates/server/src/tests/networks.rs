use super::harness::Fixture;
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_summary_has_totals_and_values() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let list =
        client.get("/api/sessions/summary?date=-1&fields=ip.dst,country.src;pie;bytes&length=2").await.ok();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 4);
    let bytes: i64 = (1..=20).map(|n| 1_000 * n).sum();
    assert_eq!(
        (&list[0]["sessions"], &list[0]["bytes"], &list[0]["packets"]),
        (&json!(20), &json!(bytes), &json!(200))
    );
    assert_eq!(list[0]["downloadBytes"], 24 + bytes + 16 * 200);
    assert_eq!(list[0]["map"]["src"], json!({"CN": 15, "DE": 5}));
    assert_eq!(list[0]["graph"]["sessionsTotal"], 20);
    assert_eq!(
        (&list[1]["field"], &list[1]["viewMode"], &list[1]["metricType"]),
        (&json!("ip.dst"), &json!("bar"), &json!("sessions"))
    );
    assert_eq!(list[1]["data"].as_array().unwrap().len(), 2);
    assert_eq!(
        list[1]["data"][0],
        json!({"item": "192.168.1.0", "sessions": 5, "bytes": 1000 * (1 + 5 + 9 + 13 + 17), "packets": 50})
    );
    assert_eq!((&list[2]["viewMode"], &list[2]["data"][0]["item"]), (&json!("pie"), &json!("CN")));
    assert_eq!(list[3], json!({}));
    let least = client
        .post(
            "/api/sessions/summary",
            json!({"date": -1, "fields": "country.src;bar;bytes,ip.dst:port", "order": "asc"}),
        )
        .await
        .ok();
    assert_eq!(least[1]["data"][0]["item"], "DE");
    assert_eq!(
        least[2]["data"].as_array().unwrap().iter().map(|r| r["sessions"].as_u64().unwrap()).sum::<u64>(),
        20
    );
    for query in ["order=up", "fields=nope", "fields=ip.dst;bar;colour"] {
        let wrong = client.get(&format!("/api/sessions/summary?date=-1&{query}")).await;
        assert_eq!(wrong.status, StatusCode::FORBIDDEN, "{query}");
    }
}

#[tokio::test]
async fn connections_are_nodes_and_links() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let graph = client
        .get("/api/connections?date=-1&srcField=country.src&dstField=ip.dst&fields=network.bytes,node")
        .await
        .ok();
    let nodes = graph["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 6);
    assert_eq!(
        nodes[0],
        json!({"id": "CN", "cnt": 4, "sessions": 15, "type": 1, "inresult": 1, "pos": 0,
        "network.bytes": (6..=20).map(|n| 1_000 * n).sum::<i64>(), "node": ["n1"]})
    );
    assert!(nodes.iter().filter(|n| n["type"] == 2).count() == 4);
    let links = graph["links"].as_array().unwrap();
    assert_eq!(links.iter().map(|l| l["value"].as_u64().unwrap()).sum::<u64>(), 20);
    for link in links {
        assert_eq!(nodes[link["source"].as_u64().unwrap() as usize]["type"], 1);
    }
    // destinations are linked to CN and to DE, CN to four
    let few =
        client.get("/connections.json?date=-1&srcField=country.src&dstField=ip.dst&minConn=3").await.ok();
    assert_eq!(
        few["nodes"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["CN", "DE"]
    );
    let pairs = client.get("/api/connections?date=-1&expression=ip.dst%3D%3D192.168.1.1").await.ok();
    assert!(
        pairs["nodes"].as_array().unwrap().iter().any(|n| n["id"] == "192.168.1.1:443" && n["sessions"] == 5)
    );
    let csv = client
        .get("/api/connections.csv?date=-1&srcField=country.src&dstField=port.dst&fields=network.packets")
        .await
        .text();
    let mut lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.remove(0), "Source, Destination, Sessions, Packets");
    lines.sort_unstable();
    assert_eq!(lines, ["CN,443,8,80", "CN,80,7,70", "DE,443,2,20", "DE,80,3,30"]);
    assert_eq!(
        client.get("/api/connections?date=-1&srcField=nope").await.ok()["error"],
        "Unknown expression nope"
    );
}

#[tokio::test]
async fn connections_compared_with_the_range_before() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let start = super::harness::START / 1_000;
    // minutes 10 to 19, compared with 0 to 9: ports are in both, addresses of sources only in one
    let range = format!("startTime={}&stopTime={}&baselineDate=1x", start + 600, start + 1_200);
    let seen = async |query: &str| {
        let graph = client
            .get(&format!("/api/connections?{range}&srcField=ip.src&dstField=port.dst&{query}"))
            .await
            .ok();
        assert!(graph.get("error").is_none(), "{graph}");
        let nodes = graph["nodes"].as_array().unwrap().clone();
        [1, 2, 3].map(|kind| nodes.iter().filter(|n| n["inresult"] == kind).count())
    };
    assert_eq!(seen("baselineVis=all").await, [10, 10, 2]);
    assert_eq!(seen("baselineVis=actual").await, [10, 0, 2]);
    assert_eq!(seen("baselineVis=new").await, [10, 0, 0]);
    assert_eq!(seen("baselineVis=old").await, [0, 10, 0]);
}

#[tokio::test]
async fn hierarchies() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let tree = client.get("/api/spigraphhierarchy?date=-1&exp=country.src,port.dst").await.ok();
    assert_eq!((&tree["success"], &tree["recordsFiltered"]), (&json!(true), &json!(20)));
    let top = &tree["hierarchicalResults"];
    assert_eq!(top["name"], "Top Talkers");
    let cn = &top["children"][0];
    assert_eq!(
        (&cn["name"], &cn["size"], &cn["srcips"], &cn["dstips"]),
        (&json!("CN"), &json!(15), &json!(15), &json!(4))
    );
    assert_eq!((&cn["children"][0]["name"], &cn["children"][0]["size"]), (&json!("443"), &json!(8)));
    assert_eq!(
        tree["tableResults"][0],
        json!({"name": "443", "size": 8, "parents": [{"name": "CN", "size": 15}]})
    );
    for (query, text) in [("", "Missing exp parameter"), ("exp=nope", "Unknown expression nope")] {
        let wrong = client.get(&format!("/api/spigraphhierarchy?date=-1&{query}")).await;
        assert_eq!((wrong.status, wrong.text().as_str()), (StatusCode::FORBIDDEN, text));
    }
}
