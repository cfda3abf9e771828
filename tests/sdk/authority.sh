# For https, after endpoint.sh.
# [README
export AWS_ENDPOINT_URL=https://localhost:4567
curl -fsS http://localhost:4567/_millrace/ca.pem >ca.pem
export AWS_CA_BUNDLE=$PWD/ca.pem        # boto3, aws-cli
export NODE_EXTRA_CA_CERTS=$PWD/ca.pem  # Node
export SSL_CERT_FILE=$PWD/ca.pem        # Go, Rust
# README]
