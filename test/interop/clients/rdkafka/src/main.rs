//! rdkafka (Rust, over the librdkafka that it builds) under test (see test/interop/README.md).

use base64::{Engine, engine::general_purpose::STANDARD};
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn print(message: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{message}")
        .and_then(|()| out.flush())
        .expect("standard output");
}

fn settings() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set(
        "bootstrap.servers",
        std::env::var("BOOTSTRAP").expect("BOOTSTRAP"),
    );
    config.set("client.id", "interop-rdkafka");
    config
}

fn text<'a>(command: &'a Value, name: &str) -> &'a str {
    command[name].as_str().unwrap_or_default()
}

fn number(command: &Value, name: &str) -> i64 {
    command[name].as_i64().unwrap_or_default()
}

fn decode(value: &Value) -> Outcome<Option<Vec<u8>>> {
    Ok(value
        .as_str()
        .map(|text| STANDARD.decode(text))
        .transpose()?)
}

fn encode(bytes: Option<&[u8]>) -> Value {
    bytes.map_or(Value::Null, |bytes| STANDARD.encode(bytes).into())
}

fn describe(message: &BorrowedMessage) -> Value {
    let headers: Vec<Value> = message.headers().map_or(vec![], |headers| {
        headers
            .iter()
            .map(|header| json!([header.key, encode(header.value)]))
            .collect()
    });
    json!({
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp().to_millis(),
        "key": encode(message.key()),
        "value": encode(message.payload()),
        "headers": headers,
    })
}

fn produce(runtime: &tokio::runtime::Runtime, command: &Value) -> Outcome<Value> {
    let mut config = settings();
    config
        .set("acks", "all")
        .set("linger.ms", "5")
        .set("compression.codec", text(command, "codec"));
    let _entered = runtime.enter();
    let producer: FutureProducer = config.create()?;
    let mut deliveries = vec![];
    for record in command["records"].as_array().into_iter().flatten() {
        let (key, value) = (decode(&record["key"])?, decode(&record["value"])?);
        let mut headers = OwnedHeaders::new();
        for header in record["headers"].as_array().into_iter().flatten() {
            let value = decode(&header[1])?;
            headers = headers.insert(Header {
                key: header[0].as_str().unwrap_or_default(),
                value: value.as_ref(),
            });
        }
        let message = FutureRecord {
            topic: text(command, "topic"),
            partition: record["partition"]
                .as_i64()
                .map(|partition| partition as i32),
            payload: value.as_ref(),
            key: key.as_ref(),
            timestamp: record["timestamp"].as_i64(),
            headers: (headers.count() > 0).then_some(headers),
        };
        deliveries.push(producer.send_result(message).map_err(|(error, _)| error)?);
    }
    producer.flush(Duration::from_secs(20))?;
    for delivery in deliveries {
        runtime.block_on(delivery)?.map_err(|(error, _)| error)?;
    }
    Ok(json!({}))
}

/// Polls until the command's count of records has come; answers them and the offsets after them.
fn take(consumer: &BaseConsumer, command: &Value) -> Outcome<(Vec<Value>, TopicPartitionList)> {
    let count = number(command, "count") as usize;
    let patience = command["timeoutMs"].as_u64().unwrap_or(20_000);
    let deadline = Instant::now() + Duration::from_millis(patience);
    let (mut records, mut next) = (vec![], HashMap::new());
    while records.len() < count {
        if Instant::now() > deadline {
            return Err(format!("{} of {count} records in time", records.len()).into());
        }
        let Some(message) = consumer.poll(Duration::from_millis(200)) else {
            continue;
        };
        let message = message?;
        records.push(describe(&message));
        next.insert(
            (message.topic().to_string(), message.partition()),
            Offset::Offset(message.offset() + 1),
        );
    }
    Ok((records, TopicPartitionList::from_topic_map(&next)?))
}

fn consume(command: &Value) -> Outcome<Value> {
    let mut config = settings();
    config
        .set("group.id", format!("consume-{}", std::process::id()))
        .set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create()?;
    let start = |offset| {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(
            text(command, "topic"),
            number(command, "partition") as i32,
            offset,
        )
        .map(|()| list)
    };
    let from = if let Some(time) = command["fromTime"].as_i64() {
        consumer.offsets_for_times(start(Offset::Offset(time))?, Duration::from_secs(10))?
    } else {
        start(
            command["from"]
                .as_i64()
                .map_or(Offset::Beginning, Offset::Offset),
        )?
    };
    consumer.assign(&from)?;
    Ok(json!({ "records": take(&consumer, command)?.0 }))
}

fn group_take(command: &Value) -> Outcome<Value> {
    let mut config = settings();
    config.set("group.id", text(command, "group"));
    config
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer = config.create()?;
    consumer.subscribe(&[text(command, "topic")])?;
    let (records, next) = take(&consumer, command)?;
    consumer.commit(&next, CommitMode::Sync)?;
    Ok(json!({ "records": records }))
}

/// A member of a group: polls on a thread of its own and prints what it is given.
struct Member {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

fn group_start(command: &Value) -> Outcome<Member> {
    let session = number(command, "sessionTimeoutMs");
    let mut config = settings();
    config
        .set("group.id", text(command, "group"))
        .set("session.timeout.ms", session.to_string())
        .set("heartbeat.interval.ms", (session / 6).to_string())
        .set("max.poll.interval.ms", "10000")
        .set("auto.commit.interval.ms", "100")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", "200")
        .set(
            "partition.assignment.strategy",
            command["assignor"].as_str().unwrap_or("range"),
        );
    let consumer: BaseConsumer = config.create()?;
    consumer.subscribe(&[text(command, "topic")])?;
    let stopping = Arc::new(AtomicBool::new(false));
    let told = stopping.clone();
    let thread = std::thread::spawn(move || {
        let mut owned = BTreeSet::new();
        while !told.load(Ordering::Relaxed) {
            let message = consumer.poll(Duration::from_millis(100));
            let assigned: BTreeSet<String> = consumer.assignment().map_or_else(
                |_| owned.clone(),
                |list| {
                    list.elements()
                        .iter()
                        .map(|p| format!("{}-{}", p.topic(), p.partition()))
                        .collect()
                },
            );
            if assigned != owned {
                print(&json!({ "event": "assigned", "partitions": assigned }));
                owned = assigned;
            }
            match message {
                Some(Ok(message)) => {
                    print(&json!({ "event": "records", "records": [describe(&message)] }))
                }
                Some(Err(error)) => eprintln!("{error}"),
                None => {}
            }
        }
    });
    Ok(Member { stopping, thread })
}

async fn administer(admin: &AdminClient<DefaultClientContext>, command: &Value) -> Outcome<Value> {
    let (topic, options) = (text(command, "topic"), AdminOptions::new());
    let values: Vec<(&str, &str)> = command["configs"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    let resource = ResourceSpecifier::Topic(topic);
    match text(command, "op") {
        "createTopic" => {
            let wanted = NewTopic::new(
                topic,
                number(command, "partitions") as i32,
                TopicReplication::Fixed(1),
            );
            let wanted = values
                .iter()
                .fold(wanted, |wanted, (name, value)| wanted.set(name, value));
            for outcome in admin.create_topics([&wanted], &options).await? {
                outcome.map_err(|(topic, error)| format!("{topic}: {error:?}"))?;
            }
        }
        "describeTopic" => {
            let metadata = admin
                .inner()
                .fetch_metadata(Some(topic), Duration::from_secs(10))?;
            return Ok(json!({ "partitions": metadata.topics()[0].partitions().len() }));
        }
        "describeConfigs" => {
            let mut configs = serde_json::Map::new();
            for described in admin.describe_configs([&resource], &options).await? {
                for entry in described.map_err(|error| format!("{error:?}"))?.entries {
                    configs.insert(entry.name, entry.value.into());
                }
            }
            return Ok(json!({ "configs": configs }));
        }
        "alterConfigs" => {
            let change = values
                .iter()
                .fold(AlterConfig::new(resource), |change, (name, value)| {
                    change.set(name, value)
                });
            for outcome in admin.alter_configs([&change], &options).await? {
                outcome.map_err(|(_, error)| format!("{error:?}"))?;
            }
        }
        "addPartitions" => {
            let wanted = NewPartitions::new(topic, number(command, "total") as usize);
            for outcome in admin.create_partitions([&wanted], &options).await? {
                outcome.map_err(|(topic, error)| format!("{topic}: {error:?}"))?;
            }
        }
        "deleteRecords" => {
            let mut list = TopicPartitionList::new();
            let before = Offset::Offset(number(command, "before"));
            list.add_partition_offset(topic, number(command, "partition") as i32, before)?;
            for row in admin.delete_records(&list, &options).await?.elements() {
                row.error()?;
            }
        }
        "deleteTopic" => {
            for outcome in admin.delete_topics(&[topic], &options).await? {
                outcome.map_err(|(topic, error)| format!("{topic}: {error:?}"))?;
            }
        }
        other => return Err(format!("no operation {other}").into()),
    }
    Ok(json!({}))
}

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut admin = None;
    let mut member: Option<Member> = None;
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        let outcome = match text(&command, "op") {
            "produce" => produce(&runtime, &command),
            "consume" => consume(&command),
            "groupTake" => group_take(&command),
            "groupStart" => group_start(&command).map(|started| {
                member = Some(started);
                json!({ "pid": std::process::id() })
            }),
            "groupStop" => {
                if let Some(Member { stopping, thread }) = member.take() {
                    stopping.store(true, Ordering::Relaxed);
                    thread.join().map_err(|_| "the member's thread panicked")?;
                }
                Ok(json!({}))
            }
            _ => {
                if admin.is_none() {
                    admin = Some(settings().create::<AdminClient<DefaultClientContext>>()?);
                }
                admin.as_ref().map_or(Ok(json!({})), |admin| {
                    runtime.block_on(administer(admin, &command))
                })
            }
        };
        match outcome {
            Ok(result) => print(&json!({ "id": command["id"], "ok": result })),
            Err(error) => print(&json!({ "id": command["id"], "error": error.to_string() })),
        }
    }
    Ok(())
}
