import type { Broker } from '../broker/broker.ts';
import { HttpError, json, type Route } from './route.ts';

/** GET /topics/orders/retention: for a person who wonders why old data is still there. */
export function retentionRoute(broker: Pick<Broker, 'whyRetained'>): Route {
  return {
    method: 'GET',
    path: '/topics/:topic/retention',
    summary: "Why each segment of a topic's partitions is still on the disk.",
    handle({ params }) {
      const topic = params['topic'] ?? '';
      const partitions = broker.whyRetained(topic);
      if (partitions.length === 0) {
        throw new HttpError(404, 'UNKNOWN_TOPIC', `This broker has no partition of ${topic}.`);
      }
      return json(200, { topic, partitions }, { 'cache-control': 'no-store' });
    },
  };
}
