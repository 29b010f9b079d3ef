// Package serve is the other end of lib/driver.mjs for drivers in Go: one JSON command a line, one JSON answer a line.
package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"sync"
	"time"
)

// Command is the union of what all operations take.
type Command struct {
	ID               int               `json:"id"`
	Op               string            `json:"op"`
	Topic            string            `json:"topic"`
	Group            string            `json:"group"`
	Codec            string            `json:"codec"`
	Assignor         string            `json:"assignor"`
	Partition        int               `json:"partition"`
	From             json.RawMessage   `json:"from"`
	FromTime         *int64            `json:"fromTime"`
	Count            int               `json:"count"`
	TimeoutMs        int               `json:"timeoutMs"`
	SessionTimeoutMs int               `json:"sessionTimeoutMs"`
	Partitions       int               `json:"partitions"`
	Total            int               `json:"total"`
	Before           int64             `json:"before"`
	Configs          map[string]string `json:"configs"`
	Records          []Record          `json:"records"`
}

// Start is the offset that `from` names, or -1 for the earliest.
func (c Command) Start() int64 {
	var number int64
	if json.Unmarshal(c.From, &number) == nil {
		return number
	}
	return -1
}

// Record travels with its bytes in base64, as encoding/json writes []byte; nil is null.
type Record struct {
	Partition *int     `json:"partition,omitempty"`
	Offset    int64    `json:"offset"`
	Timestamp *int64   `json:"timestamp,omitempty"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []Header `json:"headers"`
}

// Header is written as a pair of a name and base64.
type Header struct {
	Name  string
	Value []byte
}

func (h Header) MarshalJSON() ([]byte, error) { return json.Marshal([]any{h.Name, h.Value}) }

func (h *Header) UnmarshalJSON(text []byte) error {
	parts := []any{&h.Name, &h.Value}
	return json.Unmarshal(text, &parts)
}

// Bootstrap is where the broker under test listens.
var Bootstrap = os.Getenv("BOOTSTRAP")

var (
	lock sync.Mutex
	out  = bufio.NewWriter(os.Stdout)
)

// Emit prints one line.
func Emit(message any) {
	lock.Lock()
	defer lock.Unlock()
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	out.Write(append(line, '\n'))
	out.Flush()
}

// EmitRecords prints what a member was given.
func EmitRecords(records []Record) {
	if len(records) > 0 {
		Emit(map[string]any{"event": "records", "records": records})
	}
}

// Owned is the set of partitions that a member has; each change is printed.
type Owned struct {
	lock  sync.Mutex
	names map[string]bool
}

// Set notes that the member has, or no longer has, a partition.
func (o *Owned) Set(topic string, partition int, has bool) {
	o.lock.Lock()
	defer o.lock.Unlock()
	if o.names == nil {
		o.names = map[string]bool{}
	}
	if name := fmt.Sprintf("%s-%d", topic, partition); has {
		o.names[name] = true
	} else {
		delete(o.names, name)
	}
	all := []string{}
	for name := range o.names {
		all = append(all, name)
	}
	sort.Strings(all)
	Emit(map[string]any{"event": "assigned", "partitions": all})
}

// Serve obeys commands until the input ends.
func Serve(perform func(context.Context, Command) (any, error)) {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		c := Command{}
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
			Emit(map[string]any{"id": c.ID, "error": err.Error()})
			continue
		}
		Emit(map[string]any{"id": c.ID, "ok": result})
	}
}
