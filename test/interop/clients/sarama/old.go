//go:build sarama_1_29

package main

import "github.com/IBM/sarama"

func balance(config *sarama.Config, _ string) {
	config.Consumer.Group.Rebalance.Strategy = sarama.BalanceStrategyRange
}

func setConfigs(admin sarama.ClusterAdmin, topic string, values map[string]*string) error {
	return admin.AlterConfig(sarama.TopicResource, topic, values, false)
}
