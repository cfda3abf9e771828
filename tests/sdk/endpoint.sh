# For every client: run.py has them in this environment, and the README shows it.
# [README
export AWS_ENDPOINT_URL=http://localhost:4567 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1  # boto3 and aws-cli 1 know the latter
# README]
