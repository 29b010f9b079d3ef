/*
 * A load from librdkafka, for measuring a broker and not the client: records of one size, as fast
 * as the library takes them, and back again.
 *
 *   load produce BROKERS TOPIC PARTITIONS COUNT SIZE [key=value ...]
 *   load consume BROKERS TOPIC PARTITIONS COUNT SIZE [key=value ...]
 *   load latency BROKERS TOPIC RATE SECONDS SIZE     [key=value ...]
 *
 * Prints one JSON line: records, bytes, seconds, errors; for latency its percentiles.
 */
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The payload outlives every message: nothing is copied and nothing freed, as rdkafka_performance does. */
#define MSG_F_STATIC 0

static int64_t delivered, failed;

static double now_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what, const char *why) {
  fprintf(stderr, "load: %s: %s\n", what, why);
  exit(1);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk;
  (void)opaque;
  if (message->err) {
    if (failed++ == 0) fprintf(stderr, "load: delivery: %s\n", rd_kafka_err2str(message->err));
  } else {
    delivered++;
  }
}

static rd_kafka_t *new_client(rd_kafka_type_t type, const char *brokers, int argc, char **argv) {
  char error[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
  for (int i = 0; i < argc; i++) {
    char *equals = strchr(argv[i], '=');
    if (!equals) die(argv[i], "expected key=value");
    *equals = 0;
    if (rd_kafka_conf_set(conf, argv[i], equals + 1, error, sizeof error) != RD_KAFKA_CONF_OK)
      die(argv[i], error);
  }
  if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *rk = rd_kafka_new(type, conf, error, sizeof error);
  if (!rk) die("client", error);
  return rk;
}

static void report(int64_t count, int64_t size, double seconds) {
  printf("{\"records\":%lld,\"bytes\":%lld,\"seconds\":%.6f,\"errors\":%lld}\n", (long long)count,
         (long long)(count * size), seconds, (long long)failed);
}

static void produce(const char *brokers, const char *topic, int partitions, int64_t count,
                    int64_t size, int argc, char **argv) {
  rd_kafka_t *rk = new_client(RD_KAFKA_PRODUCER, brokers, argc, argv);
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
  char *payload = malloc(size);
  for (int64_t i = 0; i < size; i++) payload[i] = (char)('a' + (i * 7 + i / 13) % 26);
  /* The first record finds the leader, so that connecting is not measured. */
  rd_kafka_produce(rkt, 0, MSG_F_STATIC, payload, size, NULL, 0, NULL);
  rd_kafka_flush(rk, 10000);
  delivered = 0;
  double start = now_seconds();
  for (int64_t i = 0; i < count; i++) {
    while (rd_kafka_produce(rkt, (int32_t)(i % partitions), MSG_F_STATIC, payload, size,
                            NULL, 0, NULL) == -1) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        die("produce", rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(rk, 5);
    }
    if ((i & 1023) == 0) rd_kafka_poll(rk, 0);
  }
  while (delivered + failed < count && now_seconds() - start < 120) rd_kafka_poll(rk, 10);
  report(delivered, size, now_seconds() - start);
  rd_kafka_topic_destroy(rkt);
  rd_kafka_destroy(rk);
  free(payload);
}

static void consume(const char *brokers, const char *topic, int partitions, int64_t count,
                    int64_t size, int argc, char **argv) {
  enum { BATCH = 10000 };
  static rd_kafka_message_t *messages[BATCH];
  rd_kafka_t *rk = new_client(RD_KAFKA_CONSUMER, brokers, argc, argv);
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
  rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
  for (int p = 0; p < partitions; p++)
    rd_kafka_consume_start_queue(rkt, p, RD_KAFKA_OFFSET_BEGINNING, queue);
  int64_t got = 0;
  double start = 0, deadline = now_seconds() + 120;
  while (got < count && now_seconds() < deadline) {
    ssize_t n = rd_kafka_consume_batch_queue(queue, 100, messages, BATCH);
    for (ssize_t i = 0; i < n; i++) {
      if (messages[i]->err) {
        if (messages[i]->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) failed++;
      } else {
        if ((int64_t)messages[i]->len == size) got++;
        /* From the first record on, so that connecting is not measured. */
        if (start == 0) start = now_seconds();
      }
      rd_kafka_message_destroy(messages[i]);
    }
  }
  report(got, size, now_seconds() - start);
  for (int p = 0; p < partitions; p++) rd_kafka_consume_stop(rkt, p);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(rkt);
  rd_kafka_destroy(rk);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Produces at a steady rate and consumes in the same process: the record carries its send time. */
static void latency(const char *brokers, const char *topic, int rate, int64_t seconds, int64_t size,
                    int argc, char **argv) {
  char *copies[64];
  for (int i = 0; i < argc && i < 64; i++) copies[i] = strdup(argv[i]);
  rd_kafka_t *producer = new_client(RD_KAFKA_PRODUCER, brokers, argc, argv);
  rd_kafka_t *consumer = new_client(RD_KAFKA_CONSUMER, brokers, argc, copies);
  rd_kafka_topic_t *to = rd_kafka_topic_new(producer, topic, NULL);
  rd_kafka_topic_t *from = rd_kafka_topic_new(consumer, topic, NULL);
  if (size < (int64_t)sizeof(double)) die("latency", "SIZE must be at least 8");
  char *payload = calloc(1, size);
  rd_kafka_produce(to, 0, RD_KAFKA_MSG_F_COPY, payload, size, NULL, 0, NULL);
  rd_kafka_flush(producer, 10000);
  rd_kafka_consume_start(from, 0, RD_KAFKA_OFFSET_END);
  for (int i = 0; i < 200; i++) {
    rd_kafka_message_t *message = rd_kafka_consume(from, 0, 5);
    if (message) rd_kafka_message_destroy(message);
  }
  int64_t total = rate * seconds, sent = 0, got = 0;
  double *taken = calloc(total, sizeof(double));
  double start = now_seconds();
  while (got < total && now_seconds() - start < seconds + 10) {
    while (sent < total && now_seconds() - start >= (double)sent / rate) {
      double t = now_seconds();
      memcpy(payload, &t, sizeof t);
      rd_kafka_produce(to, 0, RD_KAFKA_MSG_F_COPY, payload, size, NULL, 0, NULL);
      sent++;
    }
    rd_kafka_poll(producer, 0);
    rd_kafka_message_t *message = rd_kafka_consume(from, 0, 0);
    if (!message) {
      struct timespec pause = {0, 20000};
      nanosleep(&pause, NULL);
      continue;
    }
    if (!message->err && (int64_t)message->len == size) {
      double t;
      memcpy(&t, message->payload, sizeof t);
      if (t > 0) taken[got++] = now_seconds() - t;
    }
    rd_kafka_message_destroy(message);
  }
  qsort(taken, got, sizeof(double), by_value);
  if (got == 0) die("latency", "no record came back");
  printf("{\"records\":%lld,\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"maxMs\":%.3f}\n", (long long)got,
         taken[got / 2] * 1e3, taken[got * 99 / 100] * 1e3, taken[got - 1] * 1e3);
  rd_kafka_consume_stop(from, 0);
  rd_kafka_topic_destroy(to);
  rd_kafka_topic_destroy(from);
  rd_kafka_destroy(producer);
  rd_kafka_destroy(consumer);
}

int main(int argc, char **argv) {
  if (argc < 7) die("usage", "load produce|consume|latency BROKERS TOPIC N M SIZE [key=value ...]");
  long n = atol(argv[4]);
  long long m = atoll(argv[5]), size = atoll(argv[6]);
  if (!strcmp(argv[1], "produce")) produce(argv[2], argv[3], (int)n, m, size, argc - 7, argv + 7);
  else if (!strcmp(argv[1], "consume")) consume(argv[2], argv[3], (int)n, m, size, argc - 7, argv + 7);
  else if (!strcmp(argv[1], "latency")) latency(argv[2], argv[3], (int)n, m, size, argc - 7, argv + 7);
  else die(argv[1], "expected produce, consume or latency");
  return failed ? 1 : 0;
}
