use super::harness::Fixture;
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn unique_values() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let text = async |query: &str| {
        let answer = client.get(&format!("/api/unique?date=-1&{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
        answer.text()
    };
    assert_eq!(text("exp=protocols&counts=1").await, "tcp, 20\nhttp, 10\ntls, 10\n");
    assert_eq!(text("field=protocol").await, "tcp\nhttp\ntls\n");
    assert_eq!(text("exp=protocols&counts=1&size=1").await, "tcp, 20\n");
    assert_eq!(
        text("exp=ip.dst:port&counts=1&expression=ip.dst%3D%3D192.168.1.1").await,
        "192.168.1.1:443, 5\n"
    );
    assert_eq!(text("exp=port&counts=1&size=2").await, "443, 10\n80, 10\n");
    assert!(text("exp=file&counts=1").await.ends_with("a.pcap, 20\n"));
    assert_eq!(client.get("/unique.txt?date=-1&exp=protocols").await.text(), "tcp\nhttp\ntls\n");
    let list = client.get("/api/unique?date=-1&exp=protocols&autocomplete=1").await.ok();
    assert_eq!(list, json!(["tcp", "http", "tls"]));
}

#[tokio::test]
async fn unique_errors_are_text() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    for (query, text) in [
        ("", "Missing field or exp parameter"),
        ("exp=nonsense", "Unknown expression nonsense"),
        ("exp=tags&expression=zz%3D%3D1", "column 1"),
    ] {
        let answer = client.get(&format!("/api/unique?date=-1&{query}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{query}");
        assert!(answer.text().contains(text), "{query}: {}", answer.text());
        assert!(!answer.text().starts_with('{'));
    }
}

#[tokio::test]
async fn combinations() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let text = client.get("/api/multiunique?date=-1&exp=country.src,port.dst&counts=1").await.text();
    assert_eq!(text, "CN, 443, 8\nCN, 80, 7\nDE, 80, 3\nDE, 443, 2\n");
    let text =
        client.get("/multiunique.txt?date=-1&exp=country.src,port.dst&sep=%20/%20&sort=field").await.text();
    assert_eq!(text, "CN / 443\nCN / 80\nDE / 443\nDE / 80\n");
    assert_eq!(client.get("/api/multiunique?date=-1").await.text(), "Missing exp parameter");
    assert_eq!(client.get("/api/multiunique?date=-1&exp=file,tags").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn spi_view_and_graph() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let view =
        client.get("/api/spiview?date=-1&spi=protocol:2,ipProtocol,destination.port:1&facets=1").await.ok();
    assert_eq!(
        view["spi"]["protocol"]["buckets"],
        json!([{"key": "tcp", "doc_count": 20}, {"key": "http", "doc_count": 10}])
    );
    assert_eq!(view["spi"]["protocol"]["sum_other_doc_count"], 10);
    assert_eq!(view["spi"]["ipProtocol"]["buckets"][0]["key"], "tcp");
    assert_eq!(view["protocols"], json!({"tcp": 20, "http": 10, "tls": 10}));
    assert_eq!((&view["recordsFiltered"], &view["graph"]["sessionsTotal"]), (&json!(20), &json!(20)));
    let wrong = client.get("/spiview.json?date=-1&spi=nonsense").await.ok();
    assert_eq!(wrong["error"], "Unknown expression nonsense");

    let graph = client.get("/api/spigraph?date=-1&exp=tags&size=2").await.ok();
    let items = graph["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|i| i["name"].as_str().unwrap()).collect::<Vec<_>>(), ["tag0", "tag1"]);
    assert_eq!(
        (&items[0]["count"], &items[0]["graph"]["sessionsTotal"], &items[0]["sessionsHisto"]),
        (&json!(7), &json!(7), &json!(7))
    );
    assert_eq!(graph["recordsFiltered"], 20);
    let sorted = client.get("/spigraph.json?date=-1&exp=protocols&sort=name").await.ok();
    assert_eq!(sorted["items"][0]["name"], "http");
    assert_eq!(client.get("/api/spigraph?date=-1").await.ok()["error"], "Missing exp parameter");
}
