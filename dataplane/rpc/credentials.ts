/**
 * The seam for transport credentials: everything that opens or serves a channel asks here.
 *
 * Today plain text. Mutual TLS replaces these two values and nothing else.
 */
import { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js'

export interface TransportCredentials {
  readonly server: ServerCredentials
  readonly channel: ChannelCredentials
}

export const plainText: TransportCredentials = {
  server: ServerCredentials.createInsecure(),
  channel: ChannelCredentials.createInsecure(),
}

/**
 * Options of every channel. The window is 8 MiB since gRPC's default of 64 KiB caps a bulk stream at a
 * third of what loopback carries; messages may be as large as a log record or a partial aggregate.
 */
export const channelOptions = {
  'grpc-node.flow_control_window': 8 * 1024 * 1024,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  'grpc.max_send_message_length': 64 * 1024 * 1024,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
} as const
