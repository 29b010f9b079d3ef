// The REST interface of a Connect worker: what its users create and watch connectors with.
import assert from 'node:assert/strict';

export class Rest {
  #address;

  constructor(port) {
    this.#address = `http://127.0.0.1:${port}`;
  }

  /** The answer to a request: `{ status, body }`, or undefined when nobody listens yet. */
  async #ask(method, path, body) {
    const request = {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    };
    const response = await fetch(`${this.#address}${path}`, request).catch((error) => {
      if (error.cause?.code === 'ECONNREFUSED') return undefined;
      throw error;
    });
    if (response === undefined) return undefined;
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    // Before it knows its own paths, the worker's web server answers 404 with a page.
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }

  async #must(status, method, path, body) {
    const answer = await this.#ask(method, path, body);
    assert.equal(answer?.status, status, `${method} ${path}: ${JSON.stringify(answer?.body)}`);
    return answer.body;
  }

  /** The worker's version, and the cluster it belongs to; undefined while it does not answer. */
  async worker() {
    const answer = await this.#ask('GET', '/');
    return answer?.status === 200 ? answer.body : undefined;
  }

  /** The names of the connectors; undefined while the worker does not know them yet. */
  async connectors() {
    const answer = await this.#ask('GET', '/connectors');
    return answer?.status === 200 ? answer.body : undefined;
  }

  create({ name, ...config }) {
    return this.#must(201, 'PUT', `/connectors/${name}/config`, { name, ...config });
  }

  /** The workers at which the connector and its one task run; none while not both do. A failed one is told at once. */
  async placesOf(name) {
    const answer = await this.#ask('GET', `/connectors/${name}/status`);
    if (answer?.status !== 200) return [];
    const parts = [answer.body.connector, ...answer.body.tasks];
    const failed = parts.find(({ state }) => state === 'FAILED');
    assert.equal(failed, undefined, `${name}: ${failed?.trace}`);
    const run = parts.length === 2 && parts.every(({ state }) => state === 'RUNNING');
    return run ? parts.map((part) => part.worker_id) : [];
  }

  /** Whether the connector is stopped: without tasks, which is when its offsets may be changed. */
  async isStopped(name) {
    const { connector, tasks } = await this.#must(200, 'GET', `/connectors/${name}/status`);
    return connector.state === 'STOPPED' && tasks.length === 0;
  }

  stop = (name) => this.#must(204, 'PUT', `/connectors/${name}/stop`);
  resume = (name) => this.#must(202, 'PUT', `/connectors/${name}/resume`);
  delete = (name) => this.#must(204, 'DELETE', `/connectors/${name}`);

  /** How far a connector is: pairs of a source's or a topic's `partition` and `offset`. */
  async offsets(name) {
    return (await this.#must(200, 'GET', `/connectors/${name}/offsets`)).offsets;
  }

  forgetOffsets = (name) => this.#must(200, 'DELETE', `/connectors/${name}/offsets`);
}
