// kafka-go under test (see test/interop/README.md).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
	"sluice/interop/serve"
)

var (
	address = kafka.TCP(serve.Bootstrap)
	codecs  = map[string]kafka.Compression{"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}
)

// connections of one command: a transport keeps what it knows of topics for seconds, so a shared one would not see
// what another client has just created.
func connections() *kafka.Transport { return &kafka.Transport{ClientID: "interop-kafka-go"} }

// choose sends a record where the command says, or leaves it to the hash of the key.
func choose(message kafka.Message, partitions ...int) int {
	if partition, ok := message.WriterData.(int); ok {
		return partition
	}
	hash := kafka.Hash{}
	return hash.Balance(message, partitions...)
}

func produce(ctx context.Context, c serve.Command) error {
	transport := connections()
	defer transport.CloseIdleConnections()
	writer := &kafka.Writer{Transport: transport, Addr: address, Topic: c.Topic, Balancer: kafka.BalancerFunc(choose),
		RequiredAcks: kafka.RequireAll, Compression: codecs[c.Codec], BatchTimeout: 5 * time.Millisecond}
	defer writer.Close()
	messages := []kafka.Message{}
	for _, r := range c.Records {
		message := kafka.Message{Key: r.Key, Value: r.Value}
		if r.Partition != nil {
			message.WriterData = *r.Partition
		}
		if r.Timestamp != nil {
			message.Time = time.UnixMilli(*r.Timestamp)
		}
		for _, h := range r.Headers {
			message.Headers = append(message.Headers, kafka.Header{Key: h.Name, Value: h.Value})
		}
		messages = append(messages, message)
	}
	return writer.WriteMessages(ctx, messages...)
}

func describe(m kafka.Message) serve.Record {
	timestamp := m.Time.UnixMilli()
	result := serve.Record{Partition: &m.Partition, Offset: m.Offset, Timestamp: &timestamp, Key: m.Key, Value: m.Value,
		Headers: []serve.Header{}}
	for _, h := range m.Headers {
		result.Headers = append(result.Headers, serve.Header{Name: h.Key, Value: h.Value})
	}
	return result
}

func partitionReader(topic string, partition int) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{Brokers: []string{serve.Bootstrap}, Topic: topic, Partition: partition,
		MaxWait: 200 * time.Millisecond, MaxBytes: 10 << 20})
}

func consume(ctx context.Context, c serve.Command) (any, error) {
	reader := partitionReader(c.Topic, c.Partition)
	defer reader.Close()
	var err error
	switch start := c.Start(); {
	case c.FromTime != nil:
		err = reader.SetOffsetAt(ctx, time.UnixMilli(*c.FromTime))
	case start >= 0:
		err = reader.SetOffset(start)
	default:
		err = reader.SetOffset(kafka.FirstOffset)
	}
	if err != nil {
		return nil, err
	}
	records := []serve.Record{}
	for len(records) < c.Count {
		message, err := reader.ReadMessage(ctx)
		if err != nil {
			return nil, fmt.Errorf("%d of %d records: %w", len(records), c.Count, err)
		}
		records = append(records, describe(message))
	}
	return map[string]any{"records": records}, nil
}

func groupTake(ctx context.Context, c serve.Command) (any, error) {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{serve.Bootstrap}, Topic: c.Topic, GroupID: c.Group,
		StartOffset: kafka.FirstOffset, MaxWait: 200 * time.Millisecond, MaxBytes: 10 << 20})
	defer reader.Close()
	records, messages := []serve.Record{}, []kafka.Message{}
	for len(records) < c.Count {
		message, err := reader.FetchMessage(ctx)
		if err != nil {
			return nil, fmt.Errorf("%d of %d records: %w", len(records), c.Count, err)
		}
		records, messages = append(records, describe(message)), append(messages, message)
	}
	return map[string]any{"records": records}, reader.CommitMessages(ctx, messages...)
}

var (
	endMember   context.CancelFunc
	memberEnded chan struct{}
)

// groupStart uses the client's own ConsumerGroup, which tells what is assigned; its Reader does not.
func groupStart(c serve.Command) (any, error) {
	session := time.Duration(c.SessionTimeoutMs) * time.Millisecond
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{ID: c.Group, Brokers: []string{serve.Bootstrap},
		Topics: []string{c.Topic}, GroupBalancers: []kafka.GroupBalancer{kafka.RangeGroupBalancer{}},
		SessionTimeout: session, HeartbeatInterval: session / 6, RebalanceTimeout: 10 * time.Second,
		JoinGroupBackoff: 200 * time.Millisecond, StartOffset: kafka.FirstOffset})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	endMember, memberEnded = cancel, make(chan struct{})
	go func() {
		defer close(memberEnded)
		defer group.Close()
		for {
			generation, err := group.Next(ctx)
			if ctx.Err() != nil || errors.Is(err, kafka.ErrGroupClosed) {
				return
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				continue
			}
			owned := &serve.Owned{}
			for _, assigned := range generation.Assignments[c.Topic] {
				owned.Set(c.Topic, assigned.ID, true)
				generation.Start(func(generationCtx context.Context) {
					// The member ends by its own, and then the generation with it.
					reading, stop := context.WithCancel(generationCtx)
					defer stop()
					context.AfterFunc(ctx, stop)
					readPartition(reading, generation, c.Topic, assigned)
				})
			}
		}
	}()
	return map[string]any{"pid": os.Getpid()}, nil
}

// readPartition prints what comes and commits it, until the generation is over.
func readPartition(ctx context.Context, generation *kafka.Generation, topic string, assigned kafka.PartitionAssignment) {
	reader := partitionReader(topic, assigned.ID)
	defer reader.Close()
	if err := reader.SetOffset(assigned.Offset); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	for {
		message, err := reader.FetchMessage(ctx)
		if err != nil {
			return
		}
		serve.EmitRecords([]serve.Record{describe(message)})
		offsets := map[string]map[int]int64{topic: {assigned.ID: message.Offset + 1}}
		if err := generation.CommitOffsets(offsets); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// refused is the first error that an answer names for something.
func refused(outcomes map[string]error) error {
	for name, outcome := range outcomes {
		if outcome != nil {
			return fmt.Errorf("%v: %w", name, outcome)
		}
	}
	return nil
}

func administer(ctx context.Context, c serve.Command) (any, error) {
	transport := connections()
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: address, Timeout: 15 * time.Second, Transport: transport}
	switch c.Op {
	case "createTopic":
		topic := kafka.TopicConfig{Topic: c.Topic, NumPartitions: c.Partitions, ReplicationFactor: 1}
		for name, value := range c.Configs {
			topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
		}
		answer, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}})
		if err != nil {
			return nil, err
		}
		return nil, refused(answer.Errors)
	case "describeTopic":
		answer, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{c.Topic}})
		if err != nil {
			return nil, err
		}
		return map[string]any{"partitions": len(answer.Topics[0].Partitions)}, answer.Topics[0].Error
	case "describeConfigs":
		resource := kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: c.Topic}
		answer, err := client.DescribeConfigs(ctx,
			&kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{resource}})
		if err != nil {
			return nil, err
		}
		configs := map[string]string{}
		for _, entry := range answer.Resources[0].ConfigEntries {
			configs[entry.ConfigName] = entry.ConfigValue
		}
		return map[string]any{"configs": configs}, answer.Resources[0].Error
	case "alterConfigs":
		resource := kafka.IncrementalAlterConfigsRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: c.Topic}
		for name, value := range c.Configs {
			resource.Configs = append(resource.Configs, kafka.IncrementalAlterConfigsRequestConfig{
				Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet})
		}
		answer, err := client.IncrementalAlterConfigs(ctx,
			&kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{resource}})
		if err != nil {
			return nil, err
		}
		return nil, answer.Resources[0].Error
	case "addPartitions":
		answer, err := client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{
			Topics: []kafka.TopicPartitionsConfig{{Name: c.Topic, Count: int32(c.Total)}}})
		if err != nil {
			return nil, err
		}
		return nil, refused(answer.Errors)
	case "deleteTopic":
		answer, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{c.Topic}})
		if err != nil {
			return nil, err
		}
		return nil, refused(answer.Errors)
	}
	return nil, fmt.Errorf("no operation %s", c.Op)
}

func main() {
	serve.Serve(func(ctx context.Context, c serve.Command) (any, error) {
		switch c.Op {
		case "produce":
			return nil, produce(ctx, c)
		case "consume":
			return consume(ctx, c)
		case "groupTake":
			return groupTake(ctx, c)
		case "groupStart":
			return groupStart(c)
		case "groupStop":
			endMember()
			<-memberEnded
			return nil, nil
		}
		return administer(ctx, c)
	})
}
