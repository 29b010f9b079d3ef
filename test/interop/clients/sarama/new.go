//go:build !sarama_1_29

package main

import "github.com/IBM/sarama"

func balance(config *sarama.Config, assignor string) {
	strategy := sarama.NewBalanceStrategyRange()
	if assignor == "cooperative-sticky" {
		strategy = sarama.NewBalanceStrategyCooperativeSticky()
	}
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
}

func setConfigs(admin sarama.ClusterAdmin, topic string, values map[string]*string) error {
	changes := map[string]sarama.IncrementalAlterConfigsEntry{}
	for name, value := range values {
		changes[name] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: value}
	}
	return admin.IncrementalAlterConfig(sarama.TopicResource, topic, changes, false)
}
