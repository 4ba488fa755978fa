"""Tests of the whole platform: five service processes on a real RabbitMQ and a real MongoDB."""
