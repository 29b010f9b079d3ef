// sarama under test (see test/interop/README.md). Release 1.29 is built from the same source with -modfile=go-1.29.mod
// and -tags=sarama_1_29; what the releases do not share is in new.go and old.go.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"sluice/interop/serve"
)

func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.ClientID = "interop-sarama"
	config.Version = sarama.MaxVersion
	config.Consumer.Return.Errors = true
	config.Consumer.MaxWaitTime = 200 * time.Millisecond
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	return config
}

func encoder(bytes []byte) sarama.Encoder {
	if bytes == nil {
		return nil
	}
	return sarama.ByteEncoder(bytes)
}

// chooser sends a record where the command says, or leaves it to the hash of the key.
type chooser struct{ sarama.Partitioner }

func (c chooser) Partition(message *sarama.ProducerMessage, partitions int32) (int32, error) {
	if message.Metadata != nil {
		return int32(message.Metadata.(int)), nil
	}
	return c.Partitioner.Partition(message, partitions)
}

func produce(c serve.Command) error {
	config := settings()
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Flush.Frequency = 5 * time.Millisecond
	config.Producer.Compression = map[string]sarama.CompressionCodec{"none": sarama.CompressionNone,
		"gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4,
		"zstd": sarama.CompressionZSTD}[c.Codec]
	config.Producer.Partitioner = func(topic string) sarama.Partitioner {
		return chooser{sarama.NewHashPartitioner(topic)}
	}
	producer, err := sarama.NewSyncProducer([]string{serve.Bootstrap}, config)
	if err != nil {
		return err
	}
	defer producer.Close()
	messages := []*sarama.ProducerMessage{}
	for _, r := range c.Records {
		message := &sarama.ProducerMessage{Topic: c.Topic, Key: encoder(r.Key), Value: encoder(r.Value)}
		if r.Partition != nil {
			message.Metadata = *r.Partition
		}
		if r.Timestamp != nil {
			message.Timestamp = time.UnixMilli(*r.Timestamp)
		}
		for _, h := range r.Headers {
			message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(h.Name), Value: h.Value})
		}
		messages = append(messages, message)
	}
	return producer.SendMessages(messages)
}

func describe(m *sarama.ConsumerMessage) serve.Record {
	partition, timestamp := int(m.Partition), m.Timestamp.UnixMilli()
	result := serve.Record{Partition: &partition, Offset: m.Offset, Timestamp: &timestamp, Key: m.Key, Value: m.Value,
		Headers: []serve.Header{}}
	for _, h := range m.Headers {
		result.Headers = append(result.Headers, serve.Header{Name: string(h.Key), Value: h.Value})
	}
	return result
}

func consume(ctx context.Context, c serve.Command) (any, error) {
	client, err := sarama.NewClient([]string{serve.Bootstrap}, settings())
	if err != nil {
		return nil, err
	}
	defer client.Close()
	start := c.Start()
	if c.FromTime != nil {
		if start, err = client.GetOffset(c.Topic, int32(c.Partition), *c.FromTime); err != nil {
			return nil, err
		}
	} else if start < 0 {
		start = sarama.OffsetOldest
	}
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	partition, err := consumer.ConsumePartition(c.Topic, int32(c.Partition), start)
	if err != nil {
		return nil, err
	}
	defer partition.AsyncClose()
	records := []serve.Record{}
	for len(records) < c.Count {
		select {
		case message := <-partition.Messages():
			records = append(records, describe(message))
		case failure := <-partition.Errors():
			return nil, failure
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d records in time", len(records), c.Count)
		}
	}
	return map[string]any{"records": records}, nil
}

// taker takes some records, marks just those, and has enough.
type taker struct {
	lock    sync.Mutex
	records []serve.Record
	count   int
	enough  context.CancelFunc
}

func (t *taker) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (t *taker) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (t *taker) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		t.lock.Lock()
		if len(t.records) < t.count {
			t.records = append(t.records, describe(message))
			session.MarkMessage(message, "")
		}
		if len(t.records) == t.count {
			session.Commit()
			t.enough()
		}
		t.lock.Unlock()
	}
	return nil
}

func groupTake(ctx context.Context, c serve.Command) (any, error) {
	config := settings()
	config.Consumer.Offsets.AutoCommit.Enable = false
	group, err := sarama.NewConsumerGroup([]string{serve.Bootstrap}, c.Group, config)
	if err != nil {
		return nil, err
	}
	defer group.Close()
	taking, enough := context.WithCancel(ctx)
	defer enough()
	t := &taker{count: c.Count, enough: enough}
	for taking.Err() == nil {
		if err := group.Consume(taking, []string{c.Topic}, t); err != nil && taking.Err() == nil {
			return nil, err
		}
	}
	if len(t.records) < c.Count {
		return nil, fmt.Errorf("%d of %d records in time", len(t.records), c.Count)
	}
	return map[string]any{"records": t.records}, nil
}

// member of a group: prints what it is given.
type member struct {
	group sarama.ConsumerGroup
	owned serve.Owned
	end   context.CancelFunc
	ended chan struct{}
}

func (m *member) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	m.owned.Set(claim.Topic(), int(claim.Partition()), true)
	defer m.owned.Set(claim.Topic(), int(claim.Partition()), false)
	for message := range claim.Messages() {
		serve.EmitRecords([]serve.Record{describe(message)})
		session.MarkMessage(message, "")
	}
	return nil
}

var joined *member

func groupStart(c serve.Command) (any, error) {
	config := settings()
	session := time.Duration(c.SessionTimeoutMs) * time.Millisecond
	config.Consumer.Group.Session.Timeout = session
	config.Consumer.Group.Heartbeat.Interval = session / 6
	config.Consumer.Group.Rebalance.Timeout = 10 * time.Second
	config.Consumer.Offsets.AutoCommit.Interval = 100 * time.Millisecond
	balance(config, c.Assignor)
	group, err := sarama.NewConsumerGroup([]string{serve.Bootstrap}, c.Group, config)
	if err != nil {
		return nil, err
	}
	go func() {
		for err := range group.Errors() {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	joined = &member{group: group, end: cancel, ended: make(chan struct{})}
	go func() {
		defer close(joined.ended)
		for ctx.Err() == nil {
			if err := group.Consume(ctx, []string{c.Topic}, joined); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}()
	return map[string]any{"pid": os.Getpid()}, nil
}

var admin = sync.OnceValues(func() (sarama.ClusterAdmin, error) {
	return sarama.NewClusterAdmin([]string{serve.Bootstrap}, settings())
})

func administer(c serve.Command) (any, error) {
	admin, err := admin()
	if err != nil {
		return nil, err
	}
	values := map[string]*string{}
	for name, value := range c.Configs {
		values[name] = &value
	}
	switch c.Op {
	case "createTopic":
		return nil, admin.CreateTopic(c.Topic,
			&sarama.TopicDetail{NumPartitions: int32(c.Partitions), ReplicationFactor: 1, ConfigEntries: values}, false)
	case "describeTopic":
		topics, err := admin.DescribeTopics([]string{c.Topic})
		if err != nil {
			return nil, err
		}
		return map[string]any{"partitions": len(topics[0].Partitions)}, nil
	case "describeConfigs":
		entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: c.Topic})
		configs := map[string]string{}
		for _, entry := range entries {
			configs[entry.Name] = entry.Value
		}
		return map[string]any{"configs": configs}, err
	case "alterConfigs":
		return nil, setConfigs(admin, c.Topic, values)
	case "addPartitions":
		return nil, admin.CreatePartitions(c.Topic, int32(c.Total), nil, false)
	case "deleteRecords":
		return nil, admin.DeleteRecords(c.Topic, map[int32]int64{int32(c.Partition): c.Before})
	case "deleteTopic":
		return nil, admin.DeleteTopic(c.Topic)
	}
	return nil, fmt.Errorf("no operation %s", c.Op)
}

func main() {
	serve.Serve(func(ctx context.Context, c serve.Command) (any, error) {
		switch c.Op {
		case "produce":
			return nil, produce(c)
		case "consume":
			return consume(ctx, c)
		case "groupTake":
			return groupTake(ctx, c)
		case "groupStart":
			return groupStart(c)
		case "groupStop":
			joined.end()
			<-joined.ended
			return nil, joined.group.Close()
		}
		return administer(c)
	})
}
