// franz-go under test: obeys one JSON command per line of standard input (see test/interop/README.md).
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// command is the union of what all operations take.
type command struct {
	ID               int               `json:"id"`
	Op               string            `json:"op"`
	Topic            string            `json:"topic"`
	Group            string            `json:"group"`
	Codec            string            `json:"codec"`
	Assignor         string            `json:"assignor"`
	Partition        int32             `json:"partition"`
	From             json.RawMessage   `json:"from"`
	FromTime         *int64            `json:"fromTime"`
	Count            int               `json:"count"`
	TimeoutMs        int               `json:"timeoutMs"`
	SessionTimeoutMs int               `json:"sessionTimeoutMs"`
	Partitions       int32             `json:"partitions"`
	Total            int               `json:"total"`
	Before           int64             `json:"before"`
	Configs          map[string]string `json:"configs"`
	Records          []record          `json:"records"`
}

// record travels with its bytes in base64, as encoding/json writes []byte; nil is null.
type record struct {
	Partition *int32   `json:"partition,omitempty"`
	Offset    *int64   `json:"offset,omitempty"`
	Timestamp *int64   `json:"timestamp,omitempty"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []header `json:"headers"`
}

type header struct {
	name  string
	value []byte
}

func (h header) MarshalJSON() ([]byte, error) { return json.Marshal([]any{h.name, h.value}) }

func (h *header) UnmarshalJSON(text []byte) error {
	parts := []any{&h.name, &h.value}
	return json.Unmarshal(text, &parts)
}

var (
	bootstrap = os.Getenv("BOOTSTRAP")
	outLock   sync.Mutex
	out       = bufio.NewWriter(os.Stdout)
	adminOnce sync.Once
	adminConn *kadm.Client
	member    *kgo.Client
	memberEnd context.CancelFunc
	memberOut chan struct{}
)

func print(message any) {
	outLock.Lock()
	defer outLock.Unlock()
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	out.Write(line)
	out.WriteByte('\n')
	out.Flush()
}

func client(options ...kgo.Opt) (*kgo.Client, error) {
	base := []kgo.Opt{kgo.SeedBrokers(bootstrap), kgo.ClientID("interop-franz-go"),
		kgo.WithLogger(kgo.BasicLogger(os.Stderr, kgo.LogLevelWarn, nil))}
	return kgo.NewClient(append(base, options...)...)
}

func admin() *kadm.Client {
	adminOnce.Do(func() {
		c, err := client()
		if err != nil {
			panic(err)
		}
		adminConn = kadm.NewClient(c)
	})
	return adminConn
}

func describe(r *kgo.Record) record {
	timestamp := r.Timestamp.UnixMilli()
	result := record{Partition: &r.Partition, Offset: &r.Offset, Timestamp: &timestamp, Key: r.Key, Value: r.Value, Headers: []header{}}
	for _, h := range r.Headers {
		result.Headers = append(result.Headers, header{h.Key, h.Value})
	}
	return result
}

// chooser sends a record where the command says, or leaves it to the default partitioner.
func chooser() kgo.Partitioner {
	sticky := kgo.StickyKeyPartitioner(nil)
	return partitioner{sticky}
}

type partitioner struct{ otherwise kgo.Partitioner }
type topicPartitioner struct{ otherwise kgo.TopicPartitioner }

func (p partitioner) ForTopic(topic string) kgo.TopicPartitioner {
	return topicPartitioner{p.otherwise.ForTopic(topic)}
}
func (p topicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || p.otherwise.RequiresConsistency(r)
}
func (p topicPartitioner) Partition(r *kgo.Record, n int) int {
	if r.Partition >= 0 {
		return int(r.Partition)
	}
	return p.otherwise.Partition(r, n)
}

func produce(ctx context.Context, c command) (any, error) {
	codec := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}[c.Codec]
	conn, err := client(kgo.ProducerBatchCompression(codec), kgo.RecordPartitioner(chooser()), kgo.ProducerLinger(5*time.Millisecond))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	records := make([]*kgo.Record, 0, len(c.Records))
	for _, r := range c.Records {
		message := &kgo.Record{Topic: c.Topic, Partition: -1, Key: r.Key, Value: r.Value}
		if r.Partition != nil {
			message.Partition = *r.Partition
		}
		if r.Timestamp != nil {
			message.Timestamp = time.UnixMilli(*r.Timestamp)
		}
		for _, h := range r.Headers {
			message.Headers = append(message.Headers, kgo.RecordHeader{Key: h.name, Value: h.value})
		}
		records = append(records, message)
	}
	offsets := []map[string]int64{}
	for _, result := range conn.ProduceSync(ctx, records...) {
		if result.Err != nil {
			return nil, result.Err
		}
		offsets = append(offsets, map[string]int64{"partition": int64(result.Record.Partition), "offset": result.Record.Offset})
	}
	return map[string]any{"offsets": offsets}, nil
}

// take polls until count records have come and leaves what is beyond them.
func take(ctx context.Context, conn *kgo.Client, count int) ([]record, []*kgo.Record, error) {
	records, raw := []record{}, []*kgo.Record{}
	for len(records) < count {
		fetches := conn.PollRecords(ctx, count-len(records))
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("%d of %d records in time", len(records), count)
		}
		for _, e := range fetches.Errors() {
			return nil, nil, e.Err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			records, raw = append(records, describe(r)), append(raw, r)
		})
	}
	return records, raw, nil
}

func consume(ctx context.Context, c command) (any, error) {
	offset := kgo.NewOffset().AtStart()
	var number int64
	if c.FromTime != nil {
		offset = kgo.NewOffset().AfterMilli(*c.FromTime)
	} else if json.Unmarshal(c.From, &number) == nil {
		offset = kgo.NewOffset().At(number)
	}
	conn, err := client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{c.Topic: {c.Partition: offset}}))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	records, _, err := take(ctx, conn, c.Count)
	return map[string]any{"records": records}, err
}

func groupTake(ctx context.Context, c command) (any, error) {
	conn, err := client(kgo.ConsumerGroup(c.Group), kgo.ConsumeTopics(c.Topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	records, raw, err := take(ctx, conn, c.Count)
	if err != nil {
		return nil, err
	}
	return map[string]any{"records": records}, conn.CommitRecords(ctx, raw...)
}

func groupStart(c command) (any, error) {
	session := time.Duration(c.SessionTimeoutMs) * time.Millisecond
	owned, lock := map[string]bool{}, sync.Mutex{}
	change := func(partitions map[string][]int32, add bool) {
		lock.Lock()
		defer lock.Unlock()
		for topic, list := range partitions {
			for _, p := range list {
				if name := fmt.Sprintf("%s-%d", topic, p); add {
					owned[name] = true
				} else {
					delete(owned, name)
				}
			}
		}
		names := []string{}
		for name := range owned {
			names = append(names, name)
		}
		print(map[string]any{"event": "assigned", "partitions": names})
	}
	balancer := kgo.RangeBalancer()
	if c.Assignor == "cooperative-sticky" {
		balancer = kgo.CooperativeStickyBalancer()
	}
	conn, err := client(kgo.ConsumerGroup(c.Group), kgo.ConsumeTopics(c.Topic), kgo.Balancers(balancer),
		kgo.SessionTimeout(session), kgo.HeartbeatInterval(session/6), kgo.RebalanceTimeout(10*time.Second),
		kgo.AutoCommitInterval(100*time.Millisecond), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxWait(200*time.Millisecond),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, p map[string][]int32) { change(p, true) }),
		kgo.OnPartitionsRevoked(func(ctx context.Context, cl *kgo.Client, p map[string][]int32) {
			cl.CommitUncommittedOffsets(ctx)
			change(p, false)
		}),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, p map[string][]int32) { change(p, false) }))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	member, memberEnd, memberOut = conn, cancel, make(chan struct{})
	go func() {
		defer close(memberOut)
		for ctx.Err() == nil {
			records := []record{}
			conn.PollFetches(ctx).EachRecord(func(r *kgo.Record) { records = append(records, describe(r)) })
			if len(records) > 0 {
				print(map[string]any{"event": "records", "records": records})
			}
		}
	}()
	return map[string]any{"pid": os.Getpid()}, nil
}

func perform(ctx context.Context, c command) (any, error) {
	switch c.Op {
	case "produce":
		return produce(ctx, c)
	case "consume":
		return consume(ctx, c)
	case "groupTake":
		return groupTake(ctx, c)
	case "groupStart":
		return groupStart(c)
	case "groupStop":
		memberEnd()
		<-memberOut
		err := member.CommitUncommittedOffsets(ctx)
		member.Close()
		return nil, err
	case "createTopic":
		configs := map[string]*string{}
		for name, value := range c.Configs {
			configs[name] = kadm.StringPtr(value)
		}
		_, err := admin().CreateTopic(ctx, c.Partitions, 1, configs, c.Topic)
		return nil, err
	case "describeTopic":
		topics, err := admin().ListTopics(ctx, c.Topic)
		if err != nil {
			return nil, err
		}
		return map[string]any{"partitions": len(topics[c.Topic].Partitions)}, topics.Error()
	case "describeConfigs":
		resources, err := admin().DescribeTopicConfigs(ctx, c.Topic)
		if err != nil {
			return nil, err
		}
		configs := map[string]*string{}
		for _, resource := range resources {
			for _, config := range resource.Configs {
				configs[config.Key] = config.Value
			}
		}
		return map[string]any{"configs": configs}, nil
	case "alterConfigs":
		changes := []kadm.AlterConfig{}
		for name, value := range c.Configs {
			changes = append(changes, kadm.AlterConfig{Op: kadm.SetConfig, Name: name, Value: kadm.StringPtr(value)})
		}
		responses, err := admin().AlterTopicConfigs(ctx, changes, c.Topic)
		if err != nil {
			return nil, err
		}
		for _, response := range responses {
			if response.Err != nil {
				return nil, response.Err
			}
		}
		return nil, nil
	case "addPartitions":
		responses, err := admin().UpdatePartitions(ctx, c.Total, c.Topic)
		if err != nil {
			return nil, err
		}
		return nil, responses.Error()
	case "deleteRecords":
		offsets := kadm.Offsets{}
		offsets.AddOffset(c.Topic, c.Partition, c.Before, -1)
		responses, err := admin().DeleteRecords(ctx, offsets)
		if err != nil {
			return nil, err
		}
		return nil, responses.Error()
	case "deleteTopic":
		responses, err := admin().DeleteTopics(ctx, c.Topic)
		if err != nil {
			return nil, err
		}
		return nil, responses.Error()
	}
	return nil, fmt.Errorf("no operation %s", c.Op)
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		c := command{}
		if err := json.Unmarshal(line, &c); err != nil {
			panic(err)
		}
		if c.TimeoutMs == 0 {
			c.TimeoutMs = 20_000
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(c.TimeoutMs)*time.Millisecond)
		result, err := perform(ctx, c)
		cancel()
		if err != nil {
			print(map[string]any{"id": c.ID, "error": err.Error()})
			continue
		}
		print(map[string]any{"id": c.ID, "ok": result})
	}
}
