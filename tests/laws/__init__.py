"""The laws of the design, each under the faults that break it elsewhere, over real sockets."""
