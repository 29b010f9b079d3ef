module sluice/interop/serve

go 1.26.0
